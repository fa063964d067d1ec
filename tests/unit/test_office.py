"""What is learnt of documents: their kind and pages; parts too long are called so."""

from __future__ import annotations

import pytest

from dev.corpus import office, ole
from portway.content import Anatomy, Bounds, Trick
from portway.formats import package
from portway.inspectors.structure import WALKERS
from portway.media_types import EXTENSIONS
from tests.unit.sources import reader


def walked(data: bytes, kind: str) -> Anatomy:
    return WALKERS[EXTENSIONS[f".{kind}"]](reader(data), Bounds())


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kind) in office.GOOD.items()])
def test_a_document_says_what_it_is(name: str, kind: str) -> None:
    """The main part, or the first member, names the kind; nothing is found in a good one."""
    anatomy = walked(office.GOOD[name][0](), kind)
    assert (anatomy.facts["office_kind"], anatomy.marks) == (kind, [])


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kind) in ole.GOOD.items()])
def test_an_old_document_says_what_it_is(name: str, kind: str) -> None:
    """By the streams in its root."""
    assert walked(ole.GOOD[name][0](), kind).facts["office_kind"] == kind


def test_pages_are_those_that_the_writer_counted() -> None:
    """Of texts and slides; figures that are none are left out."""
    app = "<Properties><Template>a</Template><Pages>12</Pages></Properties>"
    document = office.with_parts(office.word(), {"docProps/app.xml": app.encode()})
    assert walked(document, "docx").facts["pages"] == 12
    odd = office.with_parts(office.word(), {"docProps/app.xml": app.replace("12", "many").encode()})
    assert "pages" not in walked(odd, "docx").facts


def test_a_part_that_is_too_long_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind the bound nobody has looked at: the policy decides about it."""
    monkeypatch.setattr(package, "PART_BYTES", 1000)
    marks = [mark.trick for mark in walked(office.word(), "docx").marks]
    assert Trick.UNSUPPORTED in marks
    assert Trick.MALFORMED not in marks


LINKS = ["https://x", " https://x", "sip:a@b", r"C:\a.docx", "localhost:8080/x", "www.example.org:80", "../a.docx"]


@pytest.mark.parametrize(
    ("target", "expected"), [*((link, []) for link in LINKS), ("ms-msdt:/id", ["external_reference"])]
)
def test_a_link_that_is_only_clicked_is_no_reference(target: str, expected: list[str]) -> None:
    """Links lead to pages, people, drives and hosts with a port; other schemes would run programs."""
    relation = f'<Relationship Type="{office.RELATIONS}hyperlink" Target="{target}" TargetMode="External"/>'
    linked = office.replaced(
        office.word(), "word/_rels/document.xml.rels", "</Relationships>", relation + "</Relationships>"
    )
    assert [mark.trick for mark in walked(linked, "docx").marks] == expected


DDE = 'w:instr="DDEAUTO c a" instr="PAGE"'
PAIRS = {
    "event": ('<script:event-listener xmlns:script="urn:s" script:language="a" action="next-page"/>', Trick.MACROS),
    "address": (
        '<draw:image xmlns:xlink="urn:x" xlink:href="https://x.example/p" href="a.png"/>',
        Trick.EXTERNAL_REFERENCE,
    ),
    "formula": ("<table:table-cell table:formula='of:=DDE(A1;A2;A3)'/>", Trick.SCRIPT),
}


@pytest.mark.parametrize(("element", "trick"), PAIRS.values(), ids=PAIRS)
def test_no_second_attribute_hides_what_a_text_does(element: str, trick: Trick) -> None:
    """Of two attributes with one name in two namespaces, readers know which one they mean: both are looked at."""
    assert [mark.trick for mark in walked(office.in_text(element), "odt").marks] == [trick]


@pytest.mark.parametrize(("depth", "expected"), [(40, [Trick.SCRIPT]), (1001, [Trick.OBJECT_BOMB])])
def test_no_depth_hides_a_field(depth: int, expected: list[Trick]) -> None:
    """Fields stand inside each other; what stands deeper than any office nests them is a bomb."""
    begin, text = '<w:fldChar w:fldCharType="begin"/>', "<w:instrText>{}</w:instrText>"
    nested = "<w:body>" + (begin + text.format("IF 1 ")) * (depth - 1) + begin + text.format("DDEAUTO c a")
    data = office.replaced(office.word(), "word/document.xml", "<w:body>", nested)
    assert [mark.trick for mark in walked(data, "docx").marks] == expected


def test_no_second_attribute_hides_a_field() -> None:
    """As above, in a document of Word."""
    data = office.replaced(office.word(), "word/document.xml", "<w:body>", f"<w:body><w:fldSimple {DDE}/>")
    assert [mark.trick for mark in walked(data, "docx").marks] == [Trick.SCRIPT]


@pytest.mark.parametrize("kind", ["docm", "dotm", "xlsm", "pptm"])
def test_types_that_are_made_for_macros_hold_macros(kind: str) -> None:
    """Whoever takes such a type says so in the policy."""
    declared = EXTENSIONS[f".{kind}"]
    main = {"docm": "document", "dotm": "template", "xlsm": "sheet", "pptm": "presentation"}[kind]
    good, part = {
        "d": (office.word, "wordprocessingml.document"),
        "x": (office.workbook, "spreadsheetml.sheet"),
        "p": (office.slides, "presentationml.presentation"),
    }[kind[0]]
    new = declared.removesuffix(".12").replace("macroenabled", "macroEnabled")
    new = new.replace("template.macroEnabled", "template.macroEnabledTemplate") if main == "template" else new
    old = f"application/vnd.openxmlformats-officedocument.{part}.main+xml"
    data = office.replaced(good(), "[Content_Types].xml", old, f"{new}.main+xml")
    anatomy = WALKERS[declared](reader(data), Bounds())
    assert [mark.trick for mark in anatomy.marks] == [Trick.MACROS]
