"""PDF: pages are counted, and nothing that acts hides: in objects, object streams, names, updates or behind borders."""

from __future__ import annotations

import random
import zlib

import pytest

from dev.corpus.pdf import GOOD, HOSTILE, MODES, saved, written
from dev.corpus.pdfs import base, document, packed, stream, updated
from dev.corpus.samples import Sample
from portway.content import Bounds, Malformed
from portway.formats import pdf, pdf_tokens
from portway.formats.pdf_objects import dictionary, plain
from portway.reader import Budget, OverBudget, Reader
from tests.security.effort import tries
from tests.unit.hostile import look, mutants, survive, tricks
from tests.unit.sources import Source, reader

EACH = [pytest.param(each, id=each.name) for each in GOOD + HOSTILE]


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (written(3), {"version": "1.3", "pages": 3}),
        (written(40), {"version": "1.3", "pages": 40}),
        (saved(), {"version": "1.3", "pages": 3}),
        (document(base()), {"version": "1.7", "pages": 1}),
        (document(base() | {2: b"<</Type/Pages/Kids[3 0 R]/Count 999999999>>"}), {"version": "1.7", "pages": 1}),
        (updated(written(3), {90: b"<</Type/Page>>"}), {"version": "1.3", "pages": 3}),
    ],
)
def test_pages_are_counted(data: bytes, facts: dict[str, object]) -> None:
    """As the root says, but no more than there are."""
    anatomy = look(pdf.walk, data)
    assert (anatomy.facts, anatomy.marks) == (facts, [])


@pytest.mark.parametrize("sample", EACH)
@pytest.mark.parametrize(("chunk", "ahead"), [(97, 40), (512, 64), (4096, 300)])
def test_no_border_of_chunks_hides_anything(
    sample: Sample, chunk: int, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same is said of a file however small the pieces are in which it is read."""
    data = sample.make()
    if len(data) > 30_000:
        return
    whole = tricks(pdf.walk, data)
    monkeypatch.setattr(pdf_tokens, "CHUNK", chunk)
    monkeypatch.setattr(pdf_tokens, "AHEAD", ahead)
    monkeypatch.setattr(pdf_tokens, "SHORT", 40)
    assert tricks(pdf.walk, data) == whole


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({7: b"<</A<</S/URI/URI(http://x)>>>>"}, set()),
        ({7: b"(/JS /Launch \\) ( /AA ) /XFA)"}, set()),
        ({7: b"% /JS /AA\n<</Font/JSX/AAB/JavaScripts 1>>"}, set()),
        ({7: stream(b"/JS /Launch <script> (")}, set()),
        ({7: stream(b"/JS", length=9_999)}, set()),
        ({7: stream(b"/JS").replace(b"/Length 3", b"/Length 8 0 R"), 8: b"3"}, set()),
        ({7: packed({8: b"(/JS) [1 2]", 9: b"<</X 1>>"})}, set()),
        ({7: packed({8: b"1"}, b"/LZWDecode")}, {"malformed"}),
        ({7: packed({8: b"1"}, b"/A85", data=b"<~zzz~>")}, set()),
        ({7: packed({8: b"1"}, b"/A85", data=b"\xff\xff")}, {"malformed"}),
        ({7: packed({8: b"1"}, data=b"no zlib")}, {"malformed"}),
        ({7: packed({8: b"(/JS"})}, {"malformed"}),
        ({7: packed({8: b"[" * 200})}, {"object_bomb"}),
        ({7: packed({8: b"1"}, about=b"/F(http://x)")}, {"malformed"}),
        ({7: b"(never closed"}, {"malformed"}),
        ({7: b"<41 42> <</A<4142>>> [<41>] % <41% (\n"}, set()),
        ({7: b"<</A<41%42>/JS(x)>>"}, {"malformed"}),
        ({7: b"<</A<41(42>/JS)>>"}, {"malformed"}),
        ({7: b"<</Length 5>>\nstream\nhello"}, {"malformed"}),
        ({7: b"<</#4a#53(x)>>"}, {"script"}),
        ({7: b"<</GoToE 1>>"}, {"pdf_action"}),
        ({7: b"<</Type/Filespec/EF<</F 8 0 R>>>>"}, {"embedded_object"}),
    ],
)
def test_what_an_object_means_depends_on_where_it_stands(objects: dict[int, bytes], expected: set[str]) -> None:
    """Strings, comments and streams only tell; objects, however they are packed and spelt, act."""
    assert tricks(pdf.walk, document(base() | objects)) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (b"[3 0 R/XYZ null null 0]", set()),
        (b"<</Type/Action/S/GoTo/D[3 0 R/Fit]>>", set()),
        (b"<</S/Named/N/Print>>", {"pdf_action"}),
        (b"<</S/Launch>>", {"pdf_action"}),
        (b"<</S/URI/URI(http://evil.example)/X/GoTo>>", {"pdf_action"}),
        (b"<</S /GoTo/D[3 0 R/Fit]>>", set()),
        (b"<</S/GoTo/Next<</S/JavaScript/JS(x)>>>>", {"script"}),
    ],
)
def test_a_place_to_begin_at_is_no_action(action: bytes, expected: set[str]) -> None:
    """Word processors write one into every file; in the catalogue, as an object of its own, or in an object stream."""
    assert tricks(pdf.walk, document(base(b"/OpenAction" + action))) == expected
    assert tricks(pdf.walk, document(base(b"/OpenAction 9 0 R", n9=action))) == expected
    assert tricks(pdf.walk, document(base(b"/OpenAction 9 0 R", n8=packed({9: action})))) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", {"malformed"}),
        (b"%PDF-1.7\n%%EOF\n", {"malformed"}),
        (written() + b"\r\n \0\0", set()),
        (written() + b"x", {"trailing_data"}),
        (written() + bytes(2000) + b"x", {"malformed", "trailing_data"}),
        (written() + b"PK\x05\x06" + bytes(18), {"trailing_data", "second_format"}),
        (document(base(), b"/Encrypt 9 0 R"), {"encrypted"}),
        (document(base(), b"/Prev 7"), {"malformed"}),
        (document(base(), b"/Prev(x)"), {"malformed"}),
        (document(base(), start=10**9), {"malformed"}),
        (document(base(), moved={1: 8}), set()),
        (document(base(), moved={3: 30}), {"malformed"}),
        (document(base(n4=b"1"), moved={4: 9}), {"malformed"}),
        (document({1: b"<</Type/Catalog>>"}), {"malformed"}),
        (document(base()).replace(b"/Root 1 0 R", b"/Boot 1 0 R"), {"malformed"}),
        (
            document(base() | {2: b"<</Type/Pages/Kids[4 0 R 4 0 R]>>", 4: b"<</Type/Pages/Kids[3 0 R]>>"}),
            {"object_bomb"},
        ),
    ],
)
def test_beginning_end_and_references_are_proved(data: bytes, expected: set[str]) -> None:
    """One of the tricks named; a table that leads elsewhere is as bad as none."""
    found = tricks(pdf.walk, data)
    assert found <= expected
    assert bool(found) == bool(expected)


def test_a_bomb_is_not_unpacked() -> None:
    """It ends when it is known to be one; all object streams together have the budget of the file."""
    bomb = packed({9: b""}, data=zlib.compress(bytes(200 << 20), 9))
    source = reader(document(base(n8=bomb)))
    assert [mark.trick.value for mark in pdf.walk(source, Bounds()).marks] == ["object_bomb"]
    assert source.unpacked < 24 << 20
    many = {each: packed({each: b"1" * 90_000}) for each in range(4, 40)}
    with pytest.raises(OverBudget, match="unpacked"):
        pdf.walk(reader(document(base() | many), Budget(unpacked_bytes=1 << 20)), Bounds())


def test_pictures_inside_are_passed_over() -> None:
    """Of a document that is one large picture only its ends are read."""
    data = document(base(n7=stream(bytes(48 << 20), b"/Subtype/Image")))
    source = Source(data)
    seen = Reader(source, len(data), Budget(), lambda: 0)
    assert pdf.walk(seen, Bounds()).marks == []
    assert seen.bytes_read < 12 << 20


def test_dictionaries_are_read_as_they_are_meant() -> None:
    """Values of one token or many; what is nested belongs to its key; strings keep nothing together."""
    seen = dictionary(b"<< /Type /X#59 /Length 12 0 R /W[1 2 1] /D<</Type/No>> /S(a\\)(b)/Length 9) /N 3 /N 4>>")
    assert seen[b"Type"] == (b"/XY",)
    assert seen[b"Length"] == (b"12", b"0", b"R")
    assert seen[b"W"] == (b"1", b"2", b"1")
    assert seen[b"N"] == (b"3", b"4")
    assert plain(b"/J#61vaScript") == b"JavaScript"
    with pytest.raises(Malformed):
        dictionary(b"<</A<</B 1>>")


def test_no_bytes_make_the_walker_fail() -> None:
    """Random, cut off or changed: it says what it finds, or refuses."""
    dice = random.Random(11)
    for size in range(0, 400, 11):
        survive(pdf.walk, b"%PDF-1.7\n" + dice.randbytes(size) + b"startxref\n9\n%%EOF")
    seeds = [document(base(n8=packed({9: b"<</X(a)>>"}))), saved(object_stream_mode=MODES.generate), written(1)]
    for number, seed in enumerate(seeds):
        for mutant in mutants(seed, tries(120), seed=number):
            survive(pdf.walk, mutant)
        for end in range(0, len(seed), max(1, len(seed) // tries(60))):
            assert tricks(pdf.walk, seed[:end])
