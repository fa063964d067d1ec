"""Tables as text: delimiter, rows and columns, and cells that a spreadsheet would run. RFC 4180; OWASP "CSV Injection".

A walker for tables never repairs them: who exports cells for a spreadsheet escapes them there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Trick
from portway.formats import text
from portway.reader import Reader

LOOKED_AT = 64 << 20
"""Of larger tables the first rows are looked at."""
DELIMITERS = ",;\t|"
MAX_RECORD = 1 << 20
"""Characters of one row; a quote that is still open then was none."""
FORMULA = re.compile(r"[=+\-@＝＋－＠]|[\t\r]+\S")
ENDS = re.compile(r"[\r\n]")
MORE = re.compile(r"[\r;\t]")
"""Where further cells begin for spreadsheets of other countries and systems, whatever delimits this table."""
HARMLESS = re.compile(r"[+\-][\d\s.,:/()%'’€$£+\-]*([eE][+\-]?\d+)?")
"""Signed numbers, telephone numbers, a dash for nothing: no letter, so nothing to run."""


@dataclass(slots=True)
class Table:
    """What is known of a table so far. `ragged` counts the rows that are not as long as the first one."""

    delimiter: str
    rows: int = 0
    columns: int = 0
    ragged: int = 0
    open_quotes: int = 0
    formula: str = ""

    def add(self, record: str) -> None:
        if not record:
            return
        cells = self._cells(record)
        self.rows += 1
        self.columns = self.columns or len(cells)
        self.ragged += len(cells) != self.columns
        if not self.formula:
            begun = (cell for each in cells for cell in (each, *MORE.split(each)[1:]))
            self.formula = next((f"row {self.rows}: {cell[:40]!r}" for cell in begun if is_formula(cell)), "")

    def _cells(self, record: str) -> list[str]:
        if '"' not in record:
            return record.split(self.delimiter)
        try:
            return next(csv.reader([record], delimiter=self.delimiter), [])
        except csv.Error:  # a cell of over 128 KiB, or a quote inside a cell: it opens nothing, and rows go on
            return [cell.strip('"') for line in ENDS.split(record) for cell in line.split(self.delimiter)]


def walk(reader: Reader, _: Bounds) -> Anatomy:
    """Facts: those of text, and delimiter, rows, columns; ragged_rows and open_quotes where there are any."""
    anatomy = Anatomy()
    table: Table | None = None
    for record, is_whole in _records(text.pieces(reader, anatomy, LOOKED_AT)):
        if table is None:
            table = Table(_delimiter(record))
            if record.startswith("sep="):
                continue
        table.open_quotes += not is_whole
        table.add(record)
    text.note_second_format(reader, anatomy)
    if table:
        _tell(table, anatomy)
    return anatomy


def is_formula(cell: str) -> bool:
    """Would a spreadsheet run this cell? A plain signed number it only shows."""
    return bool(FORMULA.match(cell)) and not HARMLESS.fullmatch(cell)


def _tell(table: Table, anatomy: Anatomy) -> None:
    anatomy.facts |= {"delimiter": table.delimiter, "rows": table.rows, "columns": table.columns}
    if table.ragged:
        anatomy.facts["ragged_rows"] = table.ragged
    if table.open_quotes:
        anatomy.facts["open_quotes"] = table.open_quotes
    if table.formula:
        anatomy.mark(Trick.FORMULA, table.formula)


def _delimiter(record: str) -> str:
    """What separates the most cells of the first row; what Excel's own first row says (`sep=;`)."""
    if record.startswith("sep=") and len(record) == 5:
        return record[4]
    bare = re.sub('"[^"]*"', "", record)
    return max(DELIMITERS, key=bare.count)


def _records(pieces: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """Rows without their ends, and whether their quotes are closed. Rows that are too long come in several pieces."""
    held: list[str] = []
    length = quotes = 0
    for line, is_ended in _lines(pieces):
        held.append(line)
        length, quotes = length + len(line), quotes + line.count('"')
        if length > MAX_RECORD or (is_ended and quotes % 2 == 0):
            yield "\n".join(held), quotes % 2 == 0
            held, length, quotes = [], 0, 0
    if held:
        yield "\n".join(held), quotes % 2 == 0


def _lines(pieces: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """Lines, or pieces of them that are longer than a row may be; the last line ends with the file."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            yield line.removesuffix("\r"), True
        if len(rest) > MAX_RECORD:
            yield rest, False
            rest = ""
    if rest:
        yield rest.removesuffix("\r"), True
