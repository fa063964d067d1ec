"""OpenDocument and EPUB: the type is the first member, stored, so that it can be read without unpacking anything.

OASIS OpenDocument 1.3 part 2 (packages: 3.3 MIME type, 3.4 encryption, 4 manifest); EPUB 3.3, "OCF ZIP Container".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.package import Element, Package, walk_parts
from portway.formats.zip_members import STORED
from portway.media_types import EPUB
from portway.reader import Reader

MACROS = re.compile(r"(.*/)?(basic|scripts)/.+", re.IGNORECASE)
ELEMENTS: Mapping[str, Trick] = {
    "event-listener": Trick.MACROS,
    "dde-connection-decl": Trick.SCRIPT,
    "dde-source": Trick.SCRIPT,
    "dde-link": Trick.SCRIPT,
    "object-ole": Trick.EMBEDDED_OBJECT,
    "plugin": Trick.EMBEDDED_OBJECT,
    "applet": Trick.EMBEDDED_OBJECT,
    "floating-frame": Trick.EXTERNAL_REFERENCE,
}
"""What in a text does something by itself, by the local names of its elements. Listeners of presentations mostly turn
pages: those say another action than `execute`."""
LOADING = frozenset(
    {"image", "object", "fill-image", "section-source", "background-image", "cell-range-source", "video"}
)
"""Elements that load what they name."""
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|//|\\\\|\.\./", re.IGNORECASE)
PAGE = re.compile(r".*\.(x?html?|svg|xml)")
ACTIVE = re.compile(
    rb"<([a-z]{1,20}:)?script[\s/>]|<[^<>]*\son[a-z]{3,30}\s*=\s*[\"']|[\"']\s*javascript:", re.IGNORECASE
)
"""Scripts in the pages of a book, which are not always XML and often have a document type."""
TURNS = {"none", "hide", "show", "sound", "stop"} | {
    f"{which}-page" for which in ("previous", "next", "first", "last", "last-visited")
}
"""Of `presentation:action` (part 3, 19.385) those that run no program and no verb of an object."""
RUNNING = re.compile(r"\b(DDE|WEBSERVICE)\s*\(", re.IGNORECASE)
"""Functions of formulas that ask programs and servers."""
FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Fonts that are only scrambled, which every reader undoes."""


def walk(reader: Reader, bounds: Bounds, *, declared: str, kind: str) -> Anatomy:
    """Facts: those of a zip, office_kind, pages where the document says so."""
    return walk_parts(reader, bounds, lambda package: _judge(package, declared, kind))


def _judge(package: Package, declared: str, kind: str) -> None:
    _judge_type(package, declared)
    package.anatomy.facts["office_kind"] = kind
    if declared == EPUB:
        _judge_book(package)
    else:
        _judge_document(package)


def _judge_type(package: Package, declared: str) -> None:
    first = next(iter(package.parts.values()))
    if first.name != "mimetype" or first.at or first.method != STORED or first.size > 200:
        raise Malformed("the first member is not a stored mimetype")
    said = package.part("mimetype").strip()
    if said != declared.encode():
        raise Malformed(f"its mimetype is {said[:100]!r}")


def _judge_document(package: Package) -> None:
    for name in package.parts:
        if MACROS.fullmatch(name):
            package.anatomy.mark(Trick.MACROS, f"{name[:100]!r}")
    encrypted = [each for each in package.elements("META-INF/manifest.xml") if each.name == "encryption-data"]
    if encrypted:
        package.anatomy.mark(Trick.ENCRYPTED, f"{len(encrypted)} parts")
        return
    for name in package.parts:
        if name.rpartition("/")[2] in ("content.xml", "styles.xml"):
            for element in package.elements(name):
                _judge_element(package.anatomy, name, element)
    _count_pages(package)


def _judge_element(anatomy: Anatomy, name: str, element: Element) -> None:
    if element.name in ELEMENTS and not _only_turns(element):
        anatomy.mark(ELEMENTS[element.name], f"{name[:100]!r}: {dict(element.attributes)!r:.200}")
    if RUNNING.search(element.attributes.get("formula", "")):
        anatomy.mark(Trick.SCRIPT, f"{name[:100]!r}: {element.attributes['formula'][:100]!r}")
    target = element.attributes.get("href", "") if element.name in LOADING else ""
    if ELSEWHERE.match(target) and not target.lower().startswith("data:"):
        anatomy.mark(Trick.EXTERNAL_REFERENCE, f"{name[:100]!r}: {target[:100]!r}")


def _only_turns(element: Element) -> bool:
    """A click that leads to another page, and runs nothing."""
    said = element.attributes
    is_turn = element.name == "event-listener" and said.get("action") in TURNS
    return is_turn and "language" not in said and not ELSEWHERE.match(said.get("href", ""))


def _count_pages(package: Package) -> None:
    for element in package.elements("meta.xml") if "meta.xml" in package.parts else ():
        count = element.attributes.get("page-count", "") if element.name == "document-statistic" else ""
        if count.isdecimal() and len(count) < 7:
            package.anatomy.facts["pages"] = int(count)


def _judge_book(package: Package) -> None:
    roots = [each.attributes.get("full-path", "") for each in package.elements("META-INF/container.xml")]
    books = [root for root in roots if root]
    if not books:
        raise Malformed("the container names no book")
    for algorithm in _algorithms(package):
        if not algorithm.startswith(FONTS):
            package.anatomy.mark(Trick.ENCRYPTED, f"by {algorithm[:100]!r}")
    for book in books:
        _judge_listed(package, book)
    for name in package.parts:
        if name.endswith((".js", ".mjs")) or (PAGE.fullmatch(name) and ACTIVE.search(package.part(name))):
            package.anatomy.mark(Trick.SCRIPT, f"{name[:100]!r}")


def _judge_listed(package: Package, book: str) -> None:
    for element in package.elements(book):
        properties, kind = (element.attributes.get(name, "") for name in ("properties", "media-type"))
        if "scripted" in properties.split() or "javascript" in kind:
            package.anatomy.mark(Trick.SCRIPT, f"{book[:100]!r}: {dict(element.attributes)!r:.200}")


def _algorithms(package: Package) -> Iterator[str]:
    if "meta-inf/encryption.xml" in package.parts:
        for element in package.elements("META-INF/encryption.xml"):
            if element.name == "EncryptionMethod":
                yield element.attributes.get("Algorithm", "")
