"""What may be inside a file, and what a policy does about it: bombs, scripts, macros, places, second formats.

Every trick is a row of TRAITS: how the shipped policies answer it, what its owner is told, whether it can be left out
of what is published. docs/policy.md shows the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portway.verdicts import Finding, Severity


class Response(StrEnum):
    """What is done about a file with a trick in it; in the order of their strength."""

    ALLOW = "allow"
    FLAG = "flag"
    STRIP = "strip"
    REVIEW = "review"
    REJECT = "reject"


SEVERITIES: Mapping[Response, Severity | None] = {
    Response.ALLOW: None,
    Response.FLAG: Severity.WARNING,
    Response.STRIP: Severity.NOTE,
    Response.REVIEW: Severity.REVIEW,
    Response.REJECT: Severity.REJECT,
}


class Trick(StrEnum):
    """The stable codes of what an inspector may find inside a file."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    TRAILING_DATA = "trailing_data"
    SECOND_FORMAT = "second_format"
    EXECUTABLE = "executable"
    ENCRYPTED = "encrypted"
    PIXEL_BOMB = "pixel_bomb"
    LOCATION = "location"
    METADATA_OVERSIZED = "metadata_oversized"
    ARCHIVE_BOMB = "archive_bomb"
    ARCHIVE_ENTRIES = "archive_entries"
    ARCHIVE_OVERLAP = "archive_overlap"
    ARCHIVE_LIES = "archive_lies"
    ARCHIVE_NESTED = "archive_nested"
    ARCHIVE_PATH = "archive_path"
    ARCHIVE_LINK = "archive_link"
    ARCHIVE_MEMBER = "archive_member"
    MACROS = "macros"
    EMBEDDED_OBJECT = "embedded_object"
    EXTERNAL_REFERENCE = "external_reference"
    SCRIPT = "script"
    PDF_ACTION = "pdf_action"
    OBJECT_BOMB = "object_bomb"
    ENTITY_BOMB = "entity_bomb"
    FORMULA = "formula"
    ENCODING = "encoding"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Trait:
    """`usual` is what the policies that say nothing do; `words` are for the file's owner."""

    usual: Response
    about: str
    words: str
    is_strippable: bool = False


TRAITS: Mapping[Trick, Trait] = {
    Trick.MALFORMED: Trait(
        Response.REJECT,
        "it is not built as its type demands, or ends too early",
        "The file is damaged or not of the declared type. Export it again and upload that.",
    ),
    Trick.UNSUPPORTED: Trait(
        Response.FLAG,
        "nobody here can look inside this type",
        "Files of this type are not looked into.",
    ),
    Trick.TRAILING_DATA: Trait(
        Response.REJECT,
        "there are bytes behind its end",
        "The file goes on after its end. Export it again and upload that.",
    ),
    Trick.SECOND_FORMAT: Trait(
        Response.REJECT,
        "it is a file of a second type as well",
        "The file can be read as two types. Export it again and upload that.",
    ),
    Trick.EXECUTABLE: Trait(
        Response.REJECT, "it is or holds a program", "The file is or holds a program. Programs are not taken here."
    ),
    Trick.ENCRYPTED: Trait(
        Response.REVIEW,
        "it is encrypted, so that nobody can look inside",
        "The file is protected by a password. Upload it without one.",
    ),
    Trick.PIXEL_BOMB: Trait(
        Response.REJECT,
        "it has more pixels than the limits allow",
        "The picture is too large. Make it smaller and upload that.",
    ),
    Trick.LOCATION: Trait(
        Response.FLAG,
        "it says where it was taken",
        "The file says where it was taken.",
        is_strippable=True,
    ),
    Trick.METADATA_OVERSIZED: Trait(
        Response.FLAG,
        "its metadata hold a text of over 1,000 characters",
        "The file has unusually long texts in its metadata.",
        is_strippable=True,
    ),
    Trick.ARCHIVE_BOMB: Trait(
        Response.REJECT,
        "it unpacks to far more than it is",
        "The archive unpacks to more than is allowed. Upload less at once.",
    ),
    Trick.ARCHIVE_ENTRIES: Trait(
        Response.REJECT, "it has too many entries", "The archive has too many entries. Upload fewer at once."
    ),
    Trick.ARCHIVE_OVERLAP: Trait(
        Response.REJECT, "its entries share bytes", "The archive is built to deceive. Pack it again and upload that."
    ),
    Trick.ARCHIVE_LIES: Trait(
        Response.REJECT,
        "its directory and its entries disagree",
        "The archive says different things about itself. Pack it again and upload that.",
    ),
    Trick.ARCHIVE_NESTED: Trait(
        Response.REVIEW,
        "it holds further archives",
        "The archive holds further archives. Upload those one by one.",
    ),
    Trick.ARCHIVE_PATH: Trait(
        Response.REJECT,
        "it has entries that would be unpacked elsewhere",
        "The archive has entries with paths that lead out of it. Pack it again and upload that.",
    ),
    Trick.ARCHIVE_LINK: Trait(
        Response.REJECT, "it holds links", "The archive holds links. Pack the files themselves and upload that."
    ),
    Trick.ARCHIVE_MEMBER: Trait(
        Response.REVIEW,
        "it holds files that are not taken on their own",
        "The archive holds files of types that are not taken here.",
    ),
    Trick.MACROS: Trait(
        Response.REJECT, "it holds macros", "The document holds macros. Save it without them and upload that."
    ),
    Trick.EMBEDDED_OBJECT: Trait(
        Response.REVIEW,
        "other files are embedded in it",
        "Other files are embedded in the document. Remove them, or upload them on their own.",
    ),
    Trick.EXTERNAL_REFERENCE: Trait(
        Response.REVIEW,
        "it loads something from elsewhere when it is opened",
        "The document loads something from elsewhere. Save it with everything inside.",
    ),
    Trick.SCRIPT: Trait(
        Response.REJECT, "it holds scripts", "The file holds scripts. Export it without them and upload that."
    ),
    Trick.PDF_ACTION: Trait(
        Response.REVIEW,
        "it does something when it is opened",
        "The document does something when it is opened. Print it to a new PDF and upload that.",
    ),
    Trick.OBJECT_BOMB: Trait(
        Response.REJECT,
        "it unpacks to far more objects or bytes than it is",
        "The document is built to exhaust its readers. Print it to a new PDF and upload that.",
    ),
    Trick.ENTITY_BOMB: Trait(
        Response.REJECT,
        "it defines entities",
        "The file defines XML entities. Save it without a document type and upload that.",
    ),
    Trick.FORMULA: Trait(
        Response.FLAG,
        "it has cells that a spreadsheet would run",
        "The table has cells that begin like formulas.",
    ),
    Trick.ENCODING: Trait(
        Response.FLAG, "its text is in no known encoding", "The text is in no known encoding. Save it as UTF-8."
    ),
    Trick.AMBIGUOUS: Trait(
        Response.FLAG,
        "a name occurs twice in it, and programs differ in which one they take",
        "The file says two things under one name. Export it again and upload that.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large what is inside a file may be. Sides in pixels, sizes in bytes, ratios unpacked to packed."""

    side: int = 10_000
    pixels: int = 100_000_000
    ratio: int = 100
    entries: int = 10_000
    unpacked: int = 1_000_000_000
    metadata_text: int = 1_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A trick that a walker found; `detail` says where and what, for operators."""

    trick: Trick
    detail: str = ""


@dataclass(slots=True)
class Anatomy:
    """What a walker learnt of a file: facts by name (width, height, pages, duration_ms …), and the tricks it found.

    Facts are plain JSON: numbers, texts, lists of them. docs/inspection.md lists the names.
    """

    facts: dict[str, object] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    def mark(self, trick: Trick, detail: str = "") -> None:
        """Note a trick; each is noted once, as it was first found."""
        if all(mark.trick is not trick for mark in self.marks):
            self.marks.append(Mark(trick, detail))


MOST_DETAIL = 500
"""Characters of a detail that are kept: some quote the file, and a record of the table has 400 KB for everything."""


class Malformed(Exception):
    """The file is not built as its type demands. The words are for operators: what is wrong, and at which offset."""


def finding(mark: Mark, responses: Mapping[Trick, Response]) -> Finding | None:
    """What a policy with these responses says of a trick; None where it allows it."""
    trait = TRAITS[mark.trick]
    severity = SEVERITIES[responses.get(mark.trick, trait.usual)]
    return Finding(mark.trick.value, severity, trait.words, mark.detail[:MOST_DETAIL]) if severity else None
