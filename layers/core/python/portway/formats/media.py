"""Audio and video by their types, in canonical spelling."""

from __future__ import annotations

from collections.abc import Mapping

from portway.formats import Walker, aac, aiff, flac, matroska, mp3, mp4, ogg, wav

WALKERS: Mapping[str, Walker] = {
    "application/ogg": ogg.walk_video,
    "audio/3gpp": mp4.walk_m4a,
    "audio/3gpp2": mp4.walk_m4a,
    "audio/aac": aac.walk,
    "audio/flac": flac.walk,
    "audio/mp4": mp4.walk_m4a,
    "audio/mpeg": mp3.walk,
    "audio/ogg": ogg.walk_audio,
    "audio/webm": matroska.walk_webm_audio,
    "audio/x-aiff": aiff.walk,
    "audio/x-matroska": matroska.walk_matroska_audio,
    "audio/x-wav": wav.walk,
    "video/3gpp": mp4.walk_mp4,
    "video/3gpp2": mp4.walk_mp4,
    "video/mp4": mp4.walk_mp4,
    "video/ogg": ogg.walk_video,
    "video/quicktime": mp4.walk_quicktime,
    "video/webm": matroska.walk_webm,
    "video/x-matroska": matroska.walk_matroska,
}
