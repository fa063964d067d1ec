"""docs/benchmarks.md: prose by hand, and what the benches printed between `<!-- bench:NAME -->` and `<!-- end -->`.

A run replaces the block of its bench and nothing else, but for the summary, which is made of all blocks as they stand:
every bar, also those that were missed. What is written is a function of the page before; only `keep` touches the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.bars import bar_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
END = "<!-- end -->"
BLOCK = re.compile(rf"<!-- bench:(?P<name>\w+) -->\n(?P<inside>.*?)^{END}$", re.M | re.S)
SUMMARY = "<!-- summary -->\n"
MARKS = re.compile(r"```|<!--")
"""A program's last words may be anything: they must not end the block that they stand in."""


class NoBlock(Exception):
    """The page has no place for this bench, or more than one; the message says which markers belong there."""


@dataclass(frozen=True, slots=True)
class Block:
    """What a bench printed, and the last line: date, machine, versions."""

    rows: tuple[str, ...]
    measured: str

    @property
    def date(self) -> str:
        return self.measured.partition(" ")[0]

    def text(self) -> str:
        rows = (MARKS.sub("…", row) for row in (*self.rows, self.measured))
        lines = [line.rstrip() for row in rows for line in row.splitlines()]
        return "\n".join(("```text", *lines, "```", ""))

    @classmethod
    def read(cls, text: str) -> Block:
        _, *rows, measured, _ = text.splitlines()
        return cls(tuple(rows), measured)


def blocks(page: str) -> Mapping[str, Block]:
    """By name, as they stand on the page, but for those that wait for their first run."""
    return {found["name"]: Block.read(found["inside"]) for found in BLOCK.finditer(page) if found["inside"]}


def places(page: str) -> list[str]:
    """The names of all blocks, also of the empty ones."""
    return [found["name"] for found in BLOCK.finditer(page)]


def written(page: str, name: str, block: Block) -> str:
    """The page with this block and the summary of all. Raises NoBlock."""
    begin = f"<!-- bench:{name} -->\n"
    if places(page).count(name) != 1:
        raise NoBlock(f"{PAGE.name} needs one place for this bench: {begin.strip()}, and {END} on a line of its own")
    page = BLOCK.sub(lambda old: f"{begin}{block.text()}{END}" if old["name"] == name else old[0], page)
    return summarised(page)


def summarised(page: str) -> str:
    """The page with the table of all bars on it."""
    before, begin, rest = page.partition(SUMMARY)
    _, end, after = rest.partition(END)
    table = (f"{line}\n" for line in summary(blocks(page))) if end else ()
    return "".join((before, begin, *table, end, after))


def summary(found: Mapping[str, Block]) -> Iterator[str]:
    """Every bar of every block, in the order of the page."""
    bars = [(name, block.date, bar) for name, block in found.items() for bar in map(bar_of, block.rows) if bar]
    missed = sum(not bar.is_met for *_, bar in bars)
    yield f"{len(bars) - missed} of {len(bars)} bars met, {missed} missed."
    yield ""
    yield "| bench | what | measured | bar | | on |"
    yield "|---|---|---:|---:|---|---|"
    for name, date, bar in bars:
        verdict = "met" if bar.is_met else "**MISSED**"
        yield _row(f"`{name}`", bar.what, bar.measured, bar.limit, verdict, date)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def keep(name: str, rows: Iterable[str], measured: str, page: Path = PAGE) -> None:
    """Replace one block of the file, whole or not at all. Raises NoBlock."""
    text = written(page.read_text("utf-8"), name, Block(tuple(rows), measured))
    fresh = page.with_name(f".{page.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(page)
