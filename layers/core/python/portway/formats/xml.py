"""XML 1.0 with namespaces: well-formed, no entities of its own, nothing loaded from elsewhere, no scripts.

Entities are not expanded, they end the parse: no file that people upload needs them, and every attack on parsers does.
Expat takes the file in chunks; what it keeps has bounds here (names, levels, the length of one tag).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.reader import Reader

MAX_DEPTH, MAX_ATTRIBUTES, MAX_NAMES, MAX_TOKEN = 1_000, 1_000, 200_000, 32 << 20
"""Levels, attributes of one element, different names, and bytes of one tag: pictures may stand in attributes."""
XHTML, SVG, XSLT = "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1999/XSL/Transform"
ACTIVE_SPACES = {XHTML, SVG, "urn:schemas-microsoft-com:xslt"}
XINCLUDE = {"http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude"}
KNOWN_DTD = re.compile(r"[-+]//[\w.' ]+//")
"""Formal public identifiers (`-//W3C//DTD SVG 1.1//EN`): readers know these document types and load nothing."""
ACTIVE_INSTRUCTIONS = {"xml-stylesheet", "php", "xsl-stylesheet"}

OnElement = Callable[[str, str, Mapping[str, str]], None]
"""(namespace, local name, attributes by `namespace local` or `local`)"""
OnText = Callable[[str], None]


ENCODING = re.compile(rb"""<\?xml[^>]{1,100}\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")
FOREIGN = {"shift_jis": "cp932", "euc-jp": "euc_jp", "big5": "big5hkscs", "euc-kr": "cp949"} | dict.fromkeys(
    ("gb2312", "gbk", "gb18030"), "gb18030"
)
"""Encodings of several bytes that expat does not know, by what Python calls what is in use under these names."""


class _Stop(Exception):
    """Nothing more has to be known of this file."""


@dataclass(slots=True)
class Parse:
    """One pass over a file. `on_element` hears of every element, `on_text` of all text where it is given."""

    anatomy: Anatomy
    on_element: OnElement
    on_text: OnText | None = None
    depth: int = 0
    root: tuple[str, str] = field(default=("", ""))

    def run(self, reader: Reader) -> None:
        encoding = _foreign(reader.read(0, 256))
        parser = self._parser("utf-8" if encoding else None)
        decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        fed = 0
        try:
            for chunk in reader.scan():
                parser.Parse(decoder.decode(chunk).encode() if decoder else chunk, False)
                fed += len(chunk)
                self._check(parser, fed)
            parser.Parse(b"", True)
        except _Stop:
            pass
        except (expat.ExpatError, LookupError, UnicodeError, ValueError) as error:
            raise Malformed(f"{error} at byte {max(parser.CurrentByteIndex, 0)}") from None

    def _parser(self, encoding: str | None) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding, " ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._close
        parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = self._doctype, self._entity
        parser.ProcessingInstructionHandler = self._instruction
        if self.on_text:
            parser.CharacterDataHandler = self.on_text
        return parser

    def _check(self, parser: expat.XMLParserType, fed: int) -> None:
        """What expat keeps of a file must not grow with it."""
        if fed - max(parser.CurrentByteIndex, 0) > MAX_TOKEN or len(parser.intern) > MAX_NAMES:
            self._bomb(f"a tag of over {MAX_TOKEN} bytes, or over {MAX_NAMES} names, before {fed}")

    def _bomb(self, what: str) -> None:
        self.anatomy.mark(Trick.OBJECT_BOMB, what)
        raise _Stop

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self.depth += 1
        if self.depth == 1:
            self.root = (namespace, local)
        if self.depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            self._bomb(f"level {self.depth}, {len(attributes)} attributes of {local[:40]}")
        if namespace in XINCLUDE:
            self.anatomy.mark(Trick.EXTERNAL_REFERENCE, f"XInclude of {attributes.get('href', '')[:80]}")
        self.on_element(namespace, local, attributes)

    def _close(self, _: str) -> None:
        self.depth -= 1

    def _doctype(self, name: str, system: str | None, public: str | None, _: int) -> None:
        if system and not KNOWN_DTD.match(public or ""):
            self.anatomy.mark(Trick.EXTERNAL_REFERENCE, f"document type {name[:40]} from {system[:80]}")

    def _entity(self, name: str, is_parameter: bool, value: str | None, *about: str | None) -> None:
        """`about`: base, system identifier, public identifier, notation."""
        system = about[1]
        if system:
            self.anatomy.mark(Trick.EXTERNAL_REFERENCE, f"entity {name[:40]} from {system[:80]}")
        kind = "parameter entity" if is_parameter else "entity"
        self.anatomy.mark(Trick.ENTITY_BOMB, f"{kind} {name[:40]} of {len(value or '')} characters")
        raise _Stop

    def _instruction(self, target: str, data: str) -> None:
        if target.lower() in ACTIVE_INSTRUCTIONS:
            self.anatomy.mark(Trick.SCRIPT, f"<?{target} {data[:80]}")


def _foreign(head: bytes) -> str:
    """Python's name of an encoding that has to be read for expat; "" for none."""
    told = ENCODING.match(head)
    return FOREIGN.get(told[1].decode().lower(), "") if told else ""


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: root (the name of the outermost element), elements."""
    anatomy, count = Anatomy(), 0

    def on_element(namespace: str, local: str, attributes: Mapping[str, str]) -> None:
        nonlocal count
        count += 1
        if namespace in ACTIVE_SPACES and (local == "script" or any(name.startswith("on") for name in attributes)):
            anatomy.mark(Trick.SCRIPT, f"{local} of {namespace}")
        if namespace == XSLT and count == 1:
            anatomy.mark(Trick.SCRIPT, "a stylesheet that transforms")

    parse = Parse(anatomy, on_element)
    parse.run(reader)
    anatomy.facts |= {"root": parse.root[1][:100], "elements": count}
    return anatomy
