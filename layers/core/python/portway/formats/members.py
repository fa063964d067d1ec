"""What an archive holds, whatever its format: names, sizes and kinds of its members, and what is odd about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum

from portway.content import Anatomy, Bounds, Trick
from portway.formats.signatures import binary_of, program_of
from portway.names import BIDI_OVERRIDES, extension, runs

LISTED, LISTED_BYTES = 1_000, 4_000
"""Members in the fact `listing`, and its bytes as JSON: facts are part of the record, which has an end."""
NAME_CHARACTERS = 200
LARGE = 1 << 20
"""Bytes of a member from which its ratio counts: small ones pack as they like."""
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
DRIVE = re.compile(r"[A-Za-z]:")
ARCHIVES = re.compile("zip|jar|war|ear|apk|7z|rar|tar|gz|tgz|bz2|tbz2?|xz|txz|zst|lz|cab|arj|ace|iso|img|vhdx?|wim")
PACKAGE = re.compile(
    rb"PK\x03\x04.{26}(\[Content_Types\]\.xml|_rels/|docProps/|word/|xl/|ppt/|customXml/|mimetypeapplication/)",
    re.DOTALL,
)
"""How documents begin that are built like archives, and are none to those who read them."""
ARCHIVE_TYPES = frozenset(
    "application/" + kind
    for kind in ("zip", "gzip", "x-bzip2", "x-xz", "zstd", "x-7z-compressed", "vnd.rar", "java-archive")
)
HEAD = 1 << 10
"""Bytes of a member that tell what it is."""


class Kind(StrEnum):
    """What a member becomes when it is unpacked. `other`: devices, pipes, sockets."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entry of an archive as its directory or header has it. Sizes in bytes; `packed` is None where it has none."""

    name: str
    size: int
    packed: int | None = None
    kind: Kind = Kind.FILE


@dataclass(slots=True)
class Contents:
    """Adds members up, and marks what is odd about each. In packages, whose names are fixed, names say nothing."""

    anatomy: Anatomy
    bounds: Bounds
    names_matter: bool = True
    count: int = 0
    unpacked: int = 0
    listing: list[list[str | int]] = field(default_factory=list)
    listed_bytes: int = 2

    def add(self, member: Member) -> None:
        self.count += 1
        self.unpacked += member.size
        self._list(member)
        fault = fault_of(member.name)
        if fault:
            self.anatomy.mark(Trick.ARCHIVE_PATH, f"{member.name[:NAME_CHARACTERS]!r} {fault}")
        if member.kind in (Kind.LINK, Kind.OTHER):
            self.anatomy.mark(Trick.ARCHIVE_LINK, f"{member.name[:NAME_CHARACTERS]!r} is a {member.kind} entry")
        self._measure(member)
        if self.names_matter and member.kind is Kind.FILE:
            self._judge_name(member.name)

    def look(self, name: str, head: bytes) -> None:
        """What the first bytes of a member say: programs and further archives, whatever their names are."""
        program = program_of(head)
        if program:
            self.anatomy.mark(Trick.EXECUTABLE, f"{name[:NAME_CHARACTERS]!r} is {program}")
        kind = type_of(head)
        if kind and self.names_matter and not PACKAGE.match(head):
            self.anatomy.mark(Trick.ARCHIVE_NESTED, f"{name[:NAME_CHARACTERS]!r} is {kind}")

    def close(self) -> None:
        """Facts: entries, unpacked_bytes, listing (name and size of the first members, as many as fit)."""
        self.anatomy.facts |= {"entries": self.count, "unpacked_bytes": self.unpacked, "listing": self.listing}

    def _measure(self, member: Member) -> None:
        if self.unpacked > self.bounds.unpacked:
            self.anatomy.mark(Trick.ARCHIVE_BOMB, f"over {self.bounds.unpacked} bytes in all")
        packed = member.size if member.packed is None else member.packed
        if member.size > LARGE and member.size > self.bounds.ratio * packed:
            words = f"{member.name[:NAME_CHARACTERS]!r} unpacks from {packed} to {member.size} bytes"
            self.anatomy.mark(Trick.ARCHIVE_BOMB, words)

    def _judge_name(self, name: str) -> None:
        suffix = extension(name.rstrip(" ."))
        if runs(suffix):
            self.anatomy.mark(Trick.ARCHIVE_MEMBER, f"{name[:NAME_CHARACTERS]!r}")
        if ARCHIVES.fullmatch(suffix):
            self.anatomy.mark(Trick.ARCHIVE_NESTED, f"{name[:NAME_CHARACTERS]!r}")

    def _list(self, member: Member) -> None:
        if len(self.listing) >= LISTED or self.listed_bytes >= LISTED_BYTES:
            return
        row: list[str | int] = [shown(member.name), member.size]
        self.listed_bytes += len(json.dumps(row, ensure_ascii=False).encode()) + 2
        if self.listed_bytes < LISTED_BYTES:
            self.listing.append(row)


def fault_of(name: str) -> str | None:
    """Why a member of this name would not be unpacked where its reader expects it; None when it would."""
    steps = name.replace("\\", "/").split("/")
    rules = (
        (not name, "has no name"),
        (name.startswith(("/", "\\")), "begins at the root"),
        (bool(DRIVE.match(name)), "names a drive"),
        (".." in (step.strip(" ") for step in steps), "leads upwards"),
        ("\\" in name, "holds a backslash"),
        (bool(CONTROLS.search(name)), "holds a control character"),
        (bool(BIDI_OVERRIDES & set(name)), "reads otherwise than it is written"),
    )
    return next((words for holds, words in rules if holds), None)


def type_of(head: bytes) -> str | None:
    """The type of archive that begins so."""
    kind = "application/x-tar" if head[257:262] == b"ustar" else binary_of(head)
    return kind if kind in ARCHIVE_TYPES or kind == "application/x-tar" else None


def shown(name: str) -> str:
    """A name for lists: without control characters, halves of surrogate pairs and what turns text around; cut."""
    kept = "".join(c for c in CONTROLS.sub("", name) if c not in BIDI_OVERRIDES)
    return kept[:NAME_CHARACTERS].encode("utf-8", "replace").decode()
