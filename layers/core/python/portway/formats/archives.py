"""Archives and compressed files: the walker of each of their types."""

from __future__ import annotations

from collections.abc import Mapping

from portway.formats import Walker, later

WALKERS: Mapping[str, Walker] = {
    "application/gzip": later("compressed", method="gzip"),
    "application/java-archive": later("zip_archive"),
    "application/vnd.rar": later("rar"),
    "application/x-7z-compressed": later("sevenzip"),
    "application/x-bzip2": later("compressed", method="bzip2"),
    "application/x-tar": later("tar"),
    "application/x-xz": later("compressed", method="xz"),
    "application/zip": later("zip_archive"),
}
