"""What office documents do by themselves: fields of Word that start programs, links and connections of Excel, actions
of PowerPoint. ECMA-376-1, sections 17.16.5, 18.13, 18.14 and 21.1.2.3.5."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from portway.content import Anatomy, Trick
from portway.formats.package import Element, Package

RUNS = re.compile(r"[\s\"]*DDE(AUTO)?\b", re.IGNORECASE)
LOADS = re.compile(r"\s*(INCLUDEPICTURE|INCLUDETEXT|LINK|IMPORT|RD)\b.*(://|\\\\)", re.IGNORECASE | re.DOTALL)
ACTS = re.compile(r"ppaction://(program|macro|ole)", re.IGNORECASE)
MOST_NESTED, MOST_CHARACTERS = 1_000, 10_000


class Instructions:
    """The fields of a text: their instructions come in pieces, and inside each other."""

    def __init__(self, anatomy: Anatomy, name: str) -> None:
        self.open: list[str] = []
        self._anatomy, self._name, self._is_inside = anatomy, name, False

    def __call__(self, element: Element) -> None:
        if element.name in ("instrText", "/instrText"):
            self._is_inside = element.name == "instrText"
        elif element.name == "fldSimple":
            self._judge(element.attributes.get("instr", ""))
        elif element.name == "fldChar":
            self._turn(element.attributes.get("fldCharType", ""))
        elif self._is_inside and element.text:
            self._add(element.text)

    def end(self) -> None:
        for instruction in self.open:
            self._judge(instruction)

    def _turn(self, kind: str) -> None:
        if kind == "begin" and len(self.open) < MOST_NESTED:
            self.open.append("")
        elif kind == "begin":
            self._anatomy.mark(Trick.OBJECT_BOMB, f"{self._name[:100]!r}: fields inside of {MOST_NESTED} fields")
        elif kind in ("separate", "end") and self.open:
            self._judge(self.open[-1])
            if kind == "end":
                self.open.pop()

    def _add(self, text: str) -> None:
        if not self.open:
            self.open.append("")
        self.open[-1] = (self.open[-1] + text)[:MOST_CHARACTERS]

    def _judge(self, instruction: str) -> None:
        if RUNS.match(instruction):
            self._anatomy.mark(Trick.SCRIPT, f"{self._name[:100]!r}: {instruction[:100]!r}")
        if LOADS.match(instruction[:MOST_CHARACTERS]):
            self._anatomy.mark(Trick.EXTERNAL_REFERENCE, f"{self._name[:100]!r}: {instruction[:100]!r}")


def judge(package: Package, types: Mapping[str, str]) -> None:
    """Looks into the parts that can hold such things, by their content types."""
    for name, said in types.items():
        for suffixes, look in LOOKS.items():
            if said.endswith(suffixes):
                look(package, name)


def _words(package: Package, name: str) -> None:
    instructions = Instructions(package.anatomy, name)
    for element in package.elements(name):
        instructions(element)
    instructions.end()


def _links(package: Package, name: str) -> None:
    tricks = {"ddeLink": Trick.SCRIPT, "oleLink": Trick.EXTERNAL_REFERENCE}
    tricks |= dict.fromkeys(("dbPr", "webPr", "olapPr"), Trick.EXTERNAL_REFERENCE)
    for element in package.elements(name):
        if element.name in tricks:
            package.anatomy.mark(tricks[element.name], f"{name[:100]!r}: {dict(element.attributes)!r:.200}")


def _workbook(package: Package, name: str) -> None:
    """Names that older macros begin by."""
    for element in package.elements(name):
        said = element.attributes.get("name", "").lower() if element.name == "definedName" else ""
        if said.removeprefix("_xlnm.").startswith(("auto_open", "auto_close", "auto_activate")):
            package.anatomy.mark(Trick.MACROS, f"{name[:100]!r}: {said[:100]!r}")


def _slide(package: Package, name: str) -> None:
    for element in package.elements(name):
        action = element.attributes.get("action", "")
        if ACTS.match(action):
            package.anatomy.mark(Trick.SCRIPT, f"{name[:100]!r}: {action[:100]!r}")


LOOKS: Mapping[tuple[str, ...], Callable[[Package, str], None]] = {
    (
        *(f"wordprocessingml.{kind}.main+xml" for kind in ("document", "template")),
        *(f"wordprocessingml.{kind}+xml" for kind in ("header", "footer", "footnotes", "endnotes", "comments")),
        "wordprocessingml.document.glossary+xml",
    ): _words,
    ("spreadsheetml.externallink+xml", "spreadsheetml.connections+xml"): _links,
    ("spreadsheetml.sheet.main+xml", "spreadsheetml.template.main+xml"): _workbook,
    ("presentationml.slide+xml", "presentationml.slidelayout+xml", "presentationml.slidemaster+xml"): _slide,
}
