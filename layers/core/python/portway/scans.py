"""What a malware scanner says of one version of a file, and when a policy asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Says(StrEnum):
    """Only CLEAN publishes. Whatever is not understood is an ERROR (security.md, section 7; docs/scanning.md)."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"
    ERROR = "error"


class ScanRule(StrEnum):
    """Whether the files of a category are scanned: always, where the deployment has a scanner, or never."""

    REQUIRED = "required"
    CONFIGURED = "configured"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Scan:
    """An answer. `words` are for operators: the name of what was found, or why there is no better answer."""

    says: Says
    words: str = ""


NO_SCANNER = Scan(Says.NOT_SCANNED, "the policy requires a scan, and no scanner is configured")


@dataclass(frozen=True, slots=True)
class ScanResult:
    """An answer that came by itself, about one version of an object. It may come before the upload is stored."""

    version_id: str
    etag: str
    says: Says
    words: str = ""

    @property
    def is_final(self) -> bool:
        """Whether it holds for another inspection, too. What was found may have been a false alarm."""
        return self.says is Says.CLEAN


def is_infected(result: ScanResult | None) -> bool:
    """Whether the scanner said so, also too late for the verdict."""
    return result is not None and result.says is Says.INFECTED
