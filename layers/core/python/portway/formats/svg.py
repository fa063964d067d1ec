"""SVG 2 on XML: a picture that may hold scripts, pages and references. What draws is let alone, what runs is noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import active
from portway.formats.xml import SVG, XHTML, Parse
from portway.reader import Reader

SCRIPTS = {"script", "handler", "listener", "iframe", "object", "embed", "applet", "form", "meta", "base", "portal"}
ADDRESSES = {"href", "src", "action", "formaction", "data", "to", "from", "values", "by", "ping", "poster", "srcset"}
LINKS = {"a", "color-profile"}
"""Elements whose addresses are followed by a click only, or by nobody."""
MAX_STYLE = 4 << 20
LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:px)?")


@dataclass(slots=True)
class Drawing:
    """Hears of every element of a picture."""

    anatomy: Anatomy
    elements: int = 0
    style: list[str] = field(default_factory=list)
    length: int = 0
    in_style: bool = False

    def on_element(self, namespace: str, local: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.end_style()
        if self.elements == 1:
            self._open(namespace, local, attributes)
        name = local.lower()
        self.in_style = name == "style"
        if name in SCRIPTS:
            self.anatomy.mark(Trick.SCRIPT, f"element {name}")
        if name == "foreignobject":
            self.anatomy.mark(Trick.EMBEDDED_OBJECT, "a page inside the picture")
        for key, value in attributes.items():
            self._attribute(namespace, name, key, value)

    def on_text(self, text: str) -> None:
        if self.in_style and self.length < MAX_STYLE:
            self.style.append(text)
            self.length += len(text)

    def end_style(self) -> None:
        """A style sheet ends where the next element begins, at the latest."""
        if self.style:
            active.note_style("".join(self.style), self.anatomy, "the picture")
            self.style.clear()

    def _open(self, namespace: str, local: str, attributes: Mapping[str, str]) -> None:
        if local != "svg" or namespace not in (SVG, ""):
            raise Malformed(f"the outermost element is {local[:40]} of {namespace[:80]}")
        for side in ("width", "height"):
            length = LENGTH.fullmatch(attributes.get(side, "").strip())
            if length:
                self.anatomy.facts[side] = float(length[1])

    def _attribute(self, namespace: str, element: str, key: str, value: str) -> None:
        """A handler, an address that runs, one that loads, or a style. Of an unknown namespace nothing is done."""
        name = key.rpartition(" ")[2].lower()
        if (name.startswith("on") and " " not in key) or self._animates_handler(name, value):
            self.anatomy.mark(Trick.SCRIPT, f"attribute {name} of {element}")
        if name in ADDRESSES:
            self._address(namespace, element, name, value)
        elif name == "style" or "url(" in value or "\\" in value:
            active.note_style(value, self.anatomy, element)

    def _animates_handler(self, name: str, value: str) -> bool:
        return name == "attributename" and value.strip().lower().startswith("on")

    def _address(self, namespace: str, element: str, name: str, value: str) -> None:
        address = active.plain(value)
        runs = active.runs(value) or (element != "image" and active.PICTURE_THAT_RUNS.match(address))
        if runs:
            self.anatomy.mark(Trick.SCRIPT, f"{name} of {element}: {address[:40]}")
        elif namespace in (SVG, XHTML, "") and element not in LINKS and active.AWAY.match(address):
            self.anatomy.mark(Trick.EXTERNAL_REFERENCE, f"{name} of {element}: {address[:80]}")


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: elements; width and height in pixels where the picture says them."""
    drawing = Drawing(Anatomy())
    Parse(drawing.anatomy, drawing.on_element, drawing.on_text).run(reader)
    drawing.end_style()
    drawing.anatomy.facts["elements"] = drawing.elements
    return drawing.anatomy
