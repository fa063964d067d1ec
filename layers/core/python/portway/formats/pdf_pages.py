"""The pages of a PDF as a tree: how many there are, and that it is one. ISO 32000-2, 7.7.3."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field

from portway.formats.pdf_objects import BLANKS, Bomb
from portway.reader import Reader

KIDS = re.compile(BLANKS + rb"*\[([^\]]*)\]")
REFERENCE = re.compile(BLANKS + rb"*(\d{1,10})" + BLANKS + rb"+\d{1,5}" + BLANKS + rb"+R(?![A-Za-z])")
COUNT = re.compile(BLANKS + rb"*(\d{1,9})(?![0-9.])")
TYPE = re.compile(rb"/Type" + BLANKS + rb"*$")


@dataclass(slots=True)
class Pages:
    """What objects say about pages; `current` is the object that speaks."""

    single: int = 0
    most: int = 0
    roots: set[int] = field(default_factory=set)
    kids: dict[int, array[int]] = field(default_factory=dict)
    current: int = 0
    is_node: bool = False
    count: int = 0

    def begin(self, number: int) -> None:
        """Another object begins: the one before was a node of the tree, or none."""
        if self.is_node:
            self.most = max(self.most, self.count)
        self.current, self.is_node, self.count = number, False, 0

    def hear(self, name: bytes, data: bytes, start: int, end: int) -> None:
        """A name of the current object, at these offsets of the data."""
        is_type = TYPE.search(data[max(0, start - 24) : start])
        if name == b"Page":
            self.single += bool(is_type)
        elif name == b"Pages" and is_type:
            self.is_node = True
        elif name == b"Pages" and (found := REFERENCE.match(data, end)):
            self.roots.add(int(found[1]))
        elif name == b"Count" and (found := COUNT.match(data, end)):
            self.count = max(self.count, int(found[1]))
        elif name == b"Kids" and (found := KIDS.match(data, end)):
            self.kids[self.current] = array("Q", (int(each[1]) for each in REFERENCE.finditer(found[1])))

    def number(self) -> int:
        """What the root says, but no more than there are page objects."""
        self.begin(0)
        return min(self.most, self.single) or self.single

    def check(self, reader: Reader) -> None:
        """Bomb where a node is its own ancestor, or hangs in several places: readers would go round, or multiply."""
        seen, open_ = set[int](), [root for root in self.roots if root in self.kids]
        while open_:
            node = open_.pop()
            if node in seen:
                raise Bomb(f"object {node} is in several places of the tree of pages")
            seen.add(node)
            open_ += [kid for kid in self.kids[node] if kid in self.kids]
            reader.check()
