"""Texts, tables and JSON: what they are taken for, what is found in them, and that nothing makes their walkers fail."""

from __future__ import annotations

import csv as writer
import io
import json as encoder
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.content import Anatomy, Malformed
from portway.formats import Walker, csv, json, text
from portway.formats.json import Scanner
from portway.formats.text import LOOKED_AT
from portway.reader import CHUNK, Budget
from tests.security.effort import tries
from tests.unit.hostile import look, mutants, survive, tricks
from tests.unit.sources import reader

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "encoding", "lines"),
    [
        (b"", "utf-8", 0),
        (b"one", "utf-8", 1),
        (b"one\ntwo\r\n", "utf-8", 2),
        ("grüße\n".encode(), "utf-8", 1),
        ("\ufeffgrüße\n".encode(), "utf-8", 1),
        ("grüße\nzwei".encode("utf-16"), "utf-16-le", 2),
        ("\ufeffgrüße\n".encode("utf-16-be"), "utf-16-be", 1),
        ("grüße\n".encode("latin-1"), "latin-1", 1),
        ("“grüße” \x1b[1m\f\n".encode("cp1252", "ignore"), "latin-1", 1),
        (b"x" * (CHUNK - 1) + "ü\n".encode(), "utf-8", 1),
    ],
)
def test_a_text_has_an_encoding_and_lines(data: bytes, encoding: str, lines: int) -> None:
    """Also with a byte order mark, and where a character lies across two requests."""
    anatomy = look(text.walk, data)
    assert (anatomy.facts, anatomy.marks) == ({"encoding": encoding, "lines": lines}, [])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\0b", {"malformed"}),
        (b"\xff\xfea", {"malformed"}),
        (b"\xff\xfe\0\xd8a\0", {"malformed"}),
        (b"gr\xfc\xdfe \x01\x02", {"encoding"}),
        (b"\xef\xbb\xbf\n<!doctype html>", {"second_format"}),
        (b"<script>alert(1)</script>", {"second_format"}),
        (b"about %PDF-1.7 and how it ends, %PDF", set()),
        (b"x\n%PDF-1.7\n1 0 obj\n%%EOF\n", {"second_format"}),
        (b"x" * 3000 + b"\nstartxref\n9\n%%EOF\n", {"second_format"}),
    ],
)
def test_what_is_no_text_is_told(data: bytes, expected: set[str]) -> None:
    """Binaries, halves of characters, and pages for browsers that guess."""
    assert tricks(text.walk, data) == expected


def test_of_a_huge_text_the_beginning_is_looked_at() -> None:
    """It costs a bounded time, and nothing behind could make it something else."""
    assert Budget().read_bytes > LOOKED_AT
    anatomy = Anatomy()
    assert "".join(text.pieces(reader(b"ab\ncd\nef"), anatomy, end=4)) == "ab\nc"
    assert anatomy.facts == {"encoding": "utf-8", "lines": 2, "is_partial": True}


@pytest.mark.parametrize("dialect", ["excel", "excel-tab", "unix"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_of_real_writers_are_read_as_they_were_written(dialect: str, delimiter: str) -> None:
    """Quotes, line ends and delimiters inside of cells included."""
    rows = [["name", "note", "sum"], ['with "quotes"', "two\nlines", "-1.5"], ["a,b;c|d", "x", "+49 170 123"]] * 50
    file = io.StringIO()
    writer.writer(file, dialect=dialect, delimiter=delimiter).writerows(rows)
    anatomy = look(csv.walk, file.getvalue().encode())
    assert anatomy.marks == []
    assert {k: anatomy.facts[k] for k in ("delimiter", "rows", "columns")} == {
        "delimiter": delimiter,
        "rows": 150,
        "columns": 3,
    }
    assert "ragged_rows" not in anatomy.facts
    assert "open_quotes" not in anatomy.facts


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '"=HYPERLINK(""http://x"")"',
        "+cmd|'/C calc'!A0",
        "-2+3+cmd|x",
        "@SUM(1)",
        "\tx",
        '"\r=1"',
        "＝1",
        '"\t=1"',
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_a_formula(cell: str) -> None:
    """Wherever it stands, quoted or not (OWASP, CSV injection)."""
    assert tricks(csv.walk, f"a,b,c\n1,{cell},3\n".encode()) == {"formula"}
    assert tricks(csv.walk, f"{cell},b\n".encode()) == {"formula"}


@pytest.mark.parametrize("table", ['a,b\n5" pipe,1\n=A1(),2\n', "a,b\r=A1(),2\r", "a,b\nx;=A1(),2\n"])
def test_no_reading_of_a_table_hides_a_formula(table: str) -> None:
    """A quote inside a cell, ends of lines of old systems, and what delimits cells elsewhere."""
    assert tricks(csv.walk, table.encode()) == {"formula"}


@pytest.mark.parametrize(
    "cell", ["-1", "+1.5", "-1,5", "-3e10", "-", "+49 (170) 12-34", "-5 %", "1=2", "a@b", "--", ""]
)
def test_numbers_with_a_sign_are_no_formulas(cell: str) -> None:
    """Nor telephone numbers and dashes."""
    assert tricks(csv.walk, f'a;b\n1;"{cell}"\n2;{cell}\n'.encode()) == set()


def test_a_table_tells_of_its_irregularities() -> None:
    """They are facts, no objections: exports of the world are full of them."""
    facts = look(csv.walk, b'sep=;\na;b\n1;2\n1;2;3\n1;"x\n').facts
    assert (facts["delimiter"], facts["rows"], facts["ragged_rows"], facts["open_quotes"]) == (";", 4, 1, 1)


def test_one_endless_row_costs_little_memory() -> None:
    """Neither a line nor a quote without an end is collected."""
    for data in (b"x" * (9 << 20), b'a,b\n"' + b"x\n" * (1 << 19), b"," * (1 << 18)):
        tracemalloc.start()
        survive(csv.walk, data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 120 << 20


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans(), st.integers(1, 9))
@settings(max_examples=tries(150), deadline=None)
def test_whatever_an_encoder_writes_is_json(value: object, indent: int | str | None, ascii_: bool, step: int) -> None:
    """Cut into pieces anywhere."""
    written = encoder.dumps(value, indent=indent, ensure_ascii=ascii_)
    scanner = Scanner()
    for at in range(0, len(written), step):
        scanner.feed(written[at : at + step])
    scanner.close()
    assert (scanner.values, scanner.twice) == (1, "")


@given(st.text(alphabet='{}[]",:\\ntrue01.-e \n', max_size=30))
@settings(max_examples=tries(400), deadline=None)
def test_the_scanner_says_what_the_standard_library_says(source: str) -> None:
    """On texts that are nearly JSON: accepted by both or by none."""
    try:
        encoder.loads(source)
    except ValueError:
        assert tricks(json.walk, source.encode()) == {"malformed"}
    else:
        assert "malformed" not in tricks(json.walk, source.encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", {"malformed"}),
        (b"[" * 100_000, {"object_bomb"}),
        (b'{"a":' * 513, {"object_bomb"}),
        (b'{"a":1,"b":2,"a":3}', {"ambiguous"}),
        (b'[{"a":1},{"a":1}]', set()),
        (b"1" * 5_000, {"malformed"}),
        (b"NaN", {"malformed"}),
        (b'{"a":1}{"a":1}', {"malformed"}),
        (b'{"a":1} <script>', {"malformed"}),
        (b'"\xff"', set()),
        (b'\xef\xbb\xbf{"a":1}', set()),
        ("{}".encode("utf-16"), set()),
    ],
)
def test_json_that_harms_its_readers_is_told(data: bytes, expected: set[str]) -> None:
    """Endless nesting, names that mean two things, what follows the end."""
    assert tricks(json.walk, data) == expected


def test_lines_of_json_are_values_one_by_one() -> None:
    """Facts count them; an empty file has none."""
    assert look(json.walk_lines, b'{"a":1}\n{"a":2}\r\n3').facts["records"] == 3
    assert look(json.walk_lines, b"").facts["records"] == 0
    assert tricks(json.walk_lines, b'{"a":1}\n{"a":') == {"malformed"}


@pytest.mark.parametrize("walk", [text.walk, csv.walk, json.walk, json.walk_lines])
def test_no_bytes_make_a_walker_fail(walk: Walker) -> None:
    """Random, cut off or changed: Malformed is all that may come."""
    dice = random.Random(7)
    for size in range(0, 400, 7):
        survive(walk, dice.randbytes(size))
    good = b'{"a":[1,2.5,"x\\u00fc\\n",null],"b":{"c":"=1"}}\n"q;u",2;-3\n'
    for mutant in mutants(good, tries(200), seed=1):
        survive(walk, mutant)


def test_truncated_json_is_never_whole() -> None:
    """Every beginning of an object is malformed."""
    good = b'{"a":[1,2.5,"x\\u00fc\\n",null],"b":{"c":true}}'
    for end in range(len(good)):
        with pytest.raises(Malformed):
            look(json.walk, good[:end])
