"""Audio and video by their types, in canonical spelling."""

from __future__ import annotations

from collections.abc import Mapping

from portway.formats import Walker, later

WALKERS: Mapping[str, Walker] = {
    "application/ogg": later("ogg", "walk_video"),
    "audio/3gpp": later("mp4", "walk_m4a"),
    "audio/3gpp2": later("mp4", "walk_m4a"),
    "audio/aac": later("aac"),
    "audio/flac": later("flac"),
    "audio/mp4": later("mp4", "walk_m4a"),
    "audio/mpeg": later("mp3"),
    "audio/ogg": later("ogg", "walk_audio"),
    "audio/webm": later("matroska", "walk_webm_audio"),
    "audio/x-aiff": later("aiff"),
    "audio/x-matroska": later("matroska", "walk_matroska_audio"),
    "audio/x-wav": later("wav"),
    "video/3gpp": later("mp4", "walk_mp4"),
    "video/3gpp2": later("mp4", "walk_mp4"),
    "video/mp4": later("mp4", "walk_mp4"),
    "video/ogg": later("ogg", "walk_video"),
    "video/quicktime": later("mp4", "walk_quicktime"),
    "video/webm": later("matroska", "walk_webm"),
    "video/x-matroska": later("matroska", "walk_matroska"),
}
