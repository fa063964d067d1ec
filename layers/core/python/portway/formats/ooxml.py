"""Office Open XML: docx, xlsx, pptx and their macro-enabled relatives. ECMA-376 parts 1 and 2, MS-OFFMACRO2.

The main part says what the document is; names, content types and relationships say what else is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import compound, fields, ole
from portway.formats.package import Package, walk_parts
from portway.reader import Reader

PARTS: tuple[tuple[re.Pattern[str], Trick], ...] = (
    (re.compile(r"(.*/)?vba(project\.bin|data\.xml)|.*/(intl)?macrosheets/.*"), Trick.MACROS),
    (re.compile(r".*/activex/.*|.*/oleobject[^/]*\.bin"), Trick.EMBEDDED_OBJECT),
)
"""By name, whatever the part is declared to be."""
TYPES: tuple[tuple[re.Pattern[str], Trick], ...] = (
    (re.compile(r".*(macroenabled|vbaproject|vbadata|macrosheet).*"), Trick.MACROS),
    (re.compile(r".*(oleobject|activex).*"), Trick.EMBEDDED_OBJECT),
)
"""By content type, in lower case."""
RELATIONS: Mapping[str, Trick] = {
    **dict.fromkeys(("vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet"), Trick.MACROS),
    **dict.fromkeys(("oleobject", "package", "control", "activexcontrolbinary", "afchunk"), Trick.EMBEDDED_OBJECT),
}
"""By the last word of a relationship's type, in lower case."""
CLICKED = re.compile(
    r"\s*((https?|mailto|tel|ftp|file|onenote|news|sip|sms|callto|skype|webcal|[a-z]):|#|[^:]*$"
    r"|(localhost|[\w-]+(\.[\w-]+)+):\d)",
    re.IGNORECASE,
)
"""Targets of hyperlinks that only lead somewhere when they are clicked: addresses, drives, hosts with a port. Other
schemes run programs."""
AT_HOME = re.compile(r"(file:///)?[A-Za-z]:[\\/]|(file://)?/(?![\\/])|[^:\\/]+$")
"""Templates on a drive, or in a folder, of the machine where the document was written, which nobody else loads."""
PAGES = {"docx": "Pages", "pptx": "Slides"}


@dataclass(frozen=True, slots=True)
class Relation:
    """`of` is the part that holds the relationships, `kind` the last word of the type."""

    of: str
    kind: str
    target: str
    is_external: bool


def walk(reader: Reader, bounds: Bounds, *, declared: str, kind: str) -> Anatomy:
    """Facts: those of a zip, office_kind, pages where the document says so. With a password it is a compound file."""
    if reader.head.startswith(compound.MAGIC):
        return _locked(reader, bounds)
    return walk_parts(reader, bounds, lambda package: _judge(package, _main_type_of(declared), kind))


def _locked(reader: Reader, bounds: Bounds) -> Anatomy:
    """MS-OFFCRYPTO 1.3.3: the document is encrypted in a stream of a compound file."""
    anatomy = Anatomy()
    ole.look(reader, bounds, anatomy)
    if all(mark.trick is not Trick.ENCRYPTED for mark in anatomy.marks):
        raise Malformed("a compound file")
    return anatomy


def _judge(package: Package, main_type: str, kind: str) -> None:
    anatomy = package.anatomy
    types = _types_of(package)
    relations = [each for name in package.parts if name.endswith(".rels") for each in _relations(package, name)]
    main = _main_part(package, relations)
    if types.get(main, "") != main_type:
        _mark(anatomy, TYPES, main, types.get(main, ""))
        if not any(mark.trick is Trick.MACROS for mark in anatomy.marks):
            raise Malformed(f"the main part {main[:100]!r} is {types.get(main)!r}")
    anatomy.facts["office_kind"] = kind
    for name in package.parts:
        _mark(anatomy, PARTS, name, name)
        _mark(anatomy, TYPES, name, types.get(name, ""))
    _judge_relations(package, relations)
    fields.judge(package, types)
    _count_pages(package, kind)


def _mark(anatomy: Anatomy, rules: tuple[tuple[re.Pattern[str], Trick], ...], name: str, text: str) -> None:
    for pattern, trick in rules:
        if pattern.fullmatch(text):
            anatomy.mark(trick, f"{name[:100]!r}")


def _types_of(package: Package) -> dict[str, str]:
    """The content type of every part, both in lower case (ECMA-376-2, 7.2.3.5)."""
    defaults, overrides = dict[str, str](), dict[str, str]()
    for element in package.elements("[Content_Types].xml"):
        told, key = {"Default": (defaults, "Extension"), "Override": (overrides, "PartName")}.get(
            element.name, ({}, "")
        )
        said = element.attributes.get("ContentType", "").lower()
        if told.setdefault(element.attributes.get(key, "").lower().lstrip("/"), said) != said:
            raise Malformed(f"two content types of {element.attributes.get(key, '')[:100]!r}")
    return {name: overrides.get(name, defaults.get(name.rpartition(".")[2], "")) for name in package.parts}


def _relations(package: Package, name: str) -> Iterator[Relation]:
    for element in package.elements(name):
        if element.name == "Relationship":
            kind = element.attributes.get("Type", "").rpartition("/")[2].lower()
            is_external = element.attributes.get("TargetMode", "").lower() == "external"
            yield Relation(name, kind, element.attributes.get("Target", ""), is_external)


def _main_part(package: Package, relations: list[Relation]) -> str:
    found = {
        normpath("/" + each.target).lstrip("/").lower()
        for each in relations
        if each.of == "_rels/.rels" and each.kind == "officedocument" and not each.is_external
    }
    if len(found) != 1 or not found <= set(package.parts):
        raise Malformed(f"{len(found)} main parts")
    return found.pop()


def _judge_relations(package: Package, relations: list[Relation]) -> None:
    anatomy, charted = package.anatomy, set[str]()
    for each in relations:
        detail = f"{each.of[:100]!r}: {each.kind} {each.target[:100]!r}"
        if each.is_external:
            if not _is_harmless(each):
                anatomy.mark(Trick.EXTERNAL_REFERENCE, detail)
        elif _is_of_a_chart(each):
            charted.add(each.target.lower().rpartition("/")[2])
        elif each.kind in RELATIONS:
            anatomy.mark(RELATIONS[each.kind], detail)
    for name in package.parts:
        if "/embeddings/" in name and name.rpartition("/")[2] not in charted:
            anatomy.mark(Trick.EMBEDDED_OBJECT, f"{name[:100]!r}")


def _is_harmless(relation: Relation) -> bool:
    if relation.kind == "hyperlink":
        return bool(CLICKED.match(relation.target))
    return relation.kind == "attachedtemplate" and bool(AT_HOME.match(relation.target))


def _is_of_a_chart(relation: Relation) -> bool:
    """The figures behind a chart, which every office embeds as a workbook."""
    return relation.kind == "package" and "/charts/_rels/" in relation.of and relation.target.lower().endswith(".xlsx")


def _count_pages(package: Package, kind: str) -> None:
    """What the writer counted; nobody lays the document out here."""
    wanted, is_inside = PAGES.get(kind), False
    if wanted is None or "docprops/app.xml" not in package.parts:
        return
    for element in package.elements("docProps/app.xml"):
        if is_inside and element.text.isdecimal() and len(element.text) < 7:
            package.anatomy.facts["pages"] = int(element.text)
        is_inside = element.name == wanted


def _main_type_of(media_type: str) -> str:
    """The content type of the main part of documents of a media type, in lower case."""
    base = media_type.removesuffix(".12")
    base = base.replace("template.macroenabled", "template.macroenabledtemplate") if "ms-word" in base else base
    return base + (".main" if base.endswith("sheet.binary.macroenabled") else ".main+xml")
