"""Names of audio and video codecs, by what each container calls them. The names are those that ffmpeg uses, too."""

from __future__ import annotations

from collections.abc import Mapping

SAMPLE_ENTRIES: Mapping[bytes, str] = {
    # MP4 registration authority and QTFF, "Sample description atoms"
    b"avc1": "h264", b"avc2": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"dvh1": "hevc",
    b"dvhe": "hevc", b"vvc1": "vvc", b"av01": "av1", b"vp08": "vp8", b"vp09": "vp9", b"mp4v": "mpeg4",
    b"s263": "h263", b"h263": "h263", b"jpeg": "mjpeg", b"mjpa": "mjpeg", b"mjpb": "mjpegb", b"png ": "png",
    b"apch": "prores", b"apcn": "prores", b"apcs": "prores", b"apco": "prores", b"ap4h": "prores", b"ap4x": "prores",
    b"rle ": "qtrle", b"SVQ1": "svq1", b"SVQ3": "svq3", b"cvid": "cinepak", b"raw ": "rawvideo", b"2vuy": "rawvideo",
    b"AVdn": "dnxhd", b"AVdh": "dnxhd", b"CFHD": "cfhd", b"dvc ": "dvvideo", b"dvcp": "dvvideo",
    b"m2v1": "mpeg2video", b"xdv2": "mpeg2video",
    b"mp4a": "aac", b"alac": "alac", b"fLaC": "flac", b"Opus": "opus", b"ac-3": "ac3", b"ec-3": "eac3", b"ac-4": "ac4",
    b"samr": "amr_nb", b"sawb": "amr_wb", b".mp3": "mp3", b"ms\0\x55": "mp3", b"ulaw": "pcm_mulaw",
    b"alaw": "pcm_alaw", b"sowt": "pcm", b"twos": "pcm", b"in24": "pcm", b"in32": "pcm", b"NONE": "pcm",
    b"fl32": "pcm_float", b"fl64": "pcm_float", b"ipcm": "pcm", b"fpcm": "pcm_float", b"lpcm": "pcm",
    b"ima4": "adpcm_ima_qt",
    b"dtsc": "dts", b"dtsh": "dts", b"dtse": "dts",
}  # fmt: skip
OBJECT_TYPES: Mapping[int, str] = {
    # ISO/IEC 14496-1, table 5: objectTypeIndication
    0x20: "mpeg4", 0x21: "h264", 0x23: "hevc", 0x60: "mpeg2video", 0x61: "mpeg2video", 0x62: "mpeg2video",
    0x63: "mpeg2video", 0x64: "mpeg2video", 0x65: "mpeg2video", 0x6A: "mpeg1video", 0x6C: "mjpeg", 0x6D: "png",
    0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3", 0xA5: "ac3", 0xA6: "eac3",
    0xA9: "dts", 0xDD: "vorbis",
}  # fmt: skip
WAVE_FORMATS: Mapping[int, str] = {
    # RFC 2361, Appendix A
    0x0001: "pcm", 0x0002: "adpcm_ms", 0x0003: "pcm_float", 0x0006: "pcm_alaw", 0x0007: "pcm_mulaw",
    0x0011: "adpcm_ima_wav", 0x0031: "gsm_ms", 0x0045: "adpcm_g726", 0x0050: "mp2", 0x0055: "mp3", 0x00FF: "aac",
    0x0161: "wmav2", 0x2000: "ac3", 0x2001: "dts", 0xF1AC: "flac",
}  # fmt: skip
MATROSKA: Mapping[str, str] = {
    # RFC 9559, section 27.4, and the codec mappings of Matroska
    "V_VP8": "vp8", "V_VP9": "vp9", "V_AV1": "av1", "V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "hevc",
    "V_MPEG4/ISO/ASP": "mpeg4", "V_MPEG4/ISO/SP": "mpeg4", "V_MPEG1": "mpeg1video", "V_MPEG2": "mpeg2video",
    "V_THEORA": "theora", "V_MJPEG": "mjpeg", "V_PRORES": "prores", "V_FFV1": "ffv1",
    "A_VORBIS": "vorbis", "A_OPUS": "opus", "A_FLAC": "flac", "A_AAC": "aac", "A_MPEG/L3": "mp3", "A_MPEG/L2": "mp2",
    "A_AC3": "ac3", "A_EAC3": "eac3", "A_DTS": "dts", "A_ALAC": "alac", "A_TRUEHD": "truehd",
    "A_PCM/INT/LIT": "pcm", "A_PCM/INT/BIG": "pcm", "A_PCM/FLOAT/IEEE": "pcm_float",
}  # fmt: skip
STILLS = frozenset({"mjpeg", "png"})
"""Codecs of cover art and of chapter pictures: a file of sound may have a track of them."""
