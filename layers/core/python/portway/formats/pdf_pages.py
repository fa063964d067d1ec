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
    """What objects say about pages; `current` is the object that speaks. `trees`: the root of each tree of pages, by
    the object that names it; `others` are objects that are neither of them."""

    single: int = 0
    most: int = 0
    trees: dict[int, int] = field(default_factory=dict)
    nodes: set[int] = field(default_factory=set)
    others: array[int] = field(default_factory=lambda: array("Q"))
    kids: dict[int, array[int]] = field(default_factory=dict)
    current: int = 0
    is_node: bool = False
    is_root: bool = False
    count: int = 0

    def begin(self, number: int) -> None:
        """Another object begins: the one before was a node of the tree, or none."""
        if self.is_node:
            self.most = max(self.most, self.count)
        elif not self.is_root:
            self.others.append(self.current)
        self.current, self.is_node, self.is_root, self.count = number, False, False, 0

    def hear(self, name: bytes, data: bytes, start: int, end: int) -> None:
        """A name of the current object, at these offsets of the data."""
        is_type = TYPE.search(data[max(0, start - 24) : start])
        if name == b"Page":
            self.single += bool(is_type)
        elif name == b"Pages" and is_type:
            self.is_node = True
            self.nodes.add(self.current)
        elif name == b"Pages" and (found := REFERENCE.match(data, end)):
            self.is_root, self.trees[self.current] = True, int(found[1])
        elif name == b"Count" and (found := COUNT.match(data, end)):
            self.count = max(self.count, int(found[1]))
        elif name == b"Kids" and (found := KIDS.match(data, end)):
            self.kids[self.current] = array("Q", (int(each[1]) for each in REFERENCE.finditer(found[1])))

    def number(self) -> int:
        """What the root says, but no more than there are page objects."""
        self.begin(0)
        return min(self.most, self.single) or self.single

    def has_tree(self, root: int) -> bool:
        """Does this object name a tree of pages, in every version of both that is in the file?"""
        tree = self.trees.get(root, 0)
        return tree in self.nodes and root not in self.others and tree not in self.others

    def check(self, reader: Reader) -> None:
        """Bomb where a node is its own ancestor, or hangs in several places: readers would go round, or multiply."""
        seen, open_ = set[int](), [root for root in set(self.trees.values()) if root in self.kids]
        while open_:
            node = open_.pop()
            if node in seen:
                raise Bomb(f"object {node} is in several places of the tree of pages")
            seen.add(node)
            open_ += [kid for kid in self.kids[node] if kid in self.kids]
            reader.check()
