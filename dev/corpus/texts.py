"""Texts, tables, JSON, XML, drawings and pages, as libraries write them, and as attackers do; programs in disguise."""

from __future__ import annotations

import calendar
import csv
import difflib
import io
import json
import plistlib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

from lxml import etree
from PIL import Image
from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Circle, Drawing, String

from dev.corpus.samples import Sample

PLAIN, MARKDOWN, CSV, TSV = "text/plain", "text/markdown", "text/csv", "text/tab-separated-values"
JSON, LINES, XML, SVG, HTML = "application/json", "application/x-ndjson", "text/xml", "image/svg+xml", "text/html"
EXTENSIONS = {PLAIN: "txt", MARKDOWN: "md", CSV: "csv", TSV: "tsv", JSON: "json", LINES: "ndjson", XML: "xml"} | {
    SVG: "svg",
    HTML: "html",
}
ROWS = [["name", "grüße", "sum"], ['says "no"', "two\nlines", "-1.50"], ["a;b,c", "+49 170 1234567", "-"]]
TEXT = "Grüße aus Köln — “quoted”\n<b>no page</b>, BM, ID3 and MZ are letters\n" * 5
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9">{}</svg>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def table(**options: object) -> bytes:
    file = io.StringIO()
    csv.writer(file, **options).writerows(ROWS * 9)  # type: ignore[arg-type]  # options of csv
    return file.getvalue().encode()


def tree() -> ET.Element:
    root = ET.Element("{urn:x}list", {"title": "<&>"})
    for number in range(20):
        ET.SubElement(root, "item", {"n": str(number)}).text = "a < b & c"
    return root


def drawn() -> bytes:
    """As reportlab draws it, with a document type."""
    picture = Drawing(200, 100)
    picture.add(Circle(50, 50, 20))
    picture.add(String(10, 10, "onload=1 <script>"))
    return str(renderSVG.drawToString(picture)).encode()


def picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, kind)
    return target.getvalue()


def wide() -> bytes:
    """Names in UTF-16, as spreadsheets save "Unicode text"."""
    return "\n".join("\t".join(each) for each in (["name", "sum"], ["grüße", "-1"])).encode("utf-16")


def foreign(encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?><a>\u65e5\u672c</a>'.encode(encoding)


def good(name: str, content_type: str, make: Callable[[], bytes]) -> Sample:
    return Sample(name, content_type, EXTENSIONS[content_type], make)


def bad(name: str, content_type: str, data: str | bytes, *codes: str) -> Sample:
    made = data.encode() if isinstance(data, str) else data
    return Sample(name, content_type, EXTENSIONS[content_type], lambda: made, frozenset(codes))


GOOD = (
    good("text in UTF-8", PLAIN, TEXT.encode),
    good("text with a byte order mark", PLAIN, lambda: TEXT.encode("utf-8-sig")),
    good("text in UTF-16", PLAIN, lambda: TEXT.encode("utf-16")),
    good("text of Windows", PLAIN, lambda: TEXT.replace("\n", "\r\n").encode("cp1252")),
    good("an empty text", PLAIN, lambda: b""),
    good("a difference", PLAIN, lambda: "".join(difflib.unified_diff(["a\n"], ["<b>\n"], "=a", "-b")).encode()),
    good("a readme", MARKDOWN, lambda: b"<h1 align=center>Name</h1>\n\n```html\n<script>x()</script>\n```\n"),
    good("a table", CSV, table),
    good("a table of Europe", CSV, lambda: table(delimiter=";", lineterminator="\n")),
    good("a table, all quoted", CSV, lambda: b"\xef\xbb\xbf" + table(quoting=csv.QUOTE_ALL)),
    good("a table by tabs", TSV, lambda: table(dialect="excel-tab")),
    good("a table in UTF-16", TSV, wide),
    good("JSON", JSON, lambda: json.dumps({"a": ROWS, "b": [1.5e-3, None, {"c": TEXT}]}).encode()),
    good("JSON with indents", JSON, lambda: json.dumps(ROWS, indent=2, ensure_ascii=False).encode()),
    good("JSON, a number", JSON, lambda: b"-1.5e10\n"),
    good("JSON lines", LINES, lambda: "\n".join(json.dumps({"n": each}) for each in ROWS).encode()),
    good("XML by ElementTree", XML, lambda: bytes(ET.tostring(tree(), xml_declaration=True, encoding="utf-8"))),
    good("XML in UTF-16", XML, lambda: bytes(ET.tostring(tree(), xml_declaration=True, encoding="utf-16"))),
    *(good(f"XML in {each}", XML, partial(foreign, each)) for each in ("Shift_JIS", "GB2312", "EUC-JP", "Big5")),
    good("XML by lxml", XML, lambda: bytes(etree.tostring(etree.XML(ET.tostring(tree())), pretty_print=True))),
    good("a property list", XML, lambda: plistlib.dumps({"a": [1, "b"], "c": b"data"})),
    good("a drawing by reportlab", SVG, drawn),
    good(
        "a drawing with gradients and links",
        SVG,
        DRAWING.format("<a xlink:href='https://x'><rect fill='url(#g)'/></a><use href='#g'/>").encode,
    ),
    good("a drawing with a photo", SVG, DRAWING.format("<image href='data:image/png;base64,iVBORw0KGgo='/>").encode),
    good("a calendar", HTML, lambda: calendar.HTMLCalendar().formatyearpage(2026)),
    good("a difference as a page", HTML, lambda: difflib.HtmlDiff().make_file(["a<b"], ["<script>"]).encode()),
)
HOSTILE = (
    bad("a Windows program", PLAIN, b"MZ\x90\0\x03" + bytes(60) + b"PE\0\0", "executable"),
    bad("a Linux program", CSV, b"\x7fELF\x02\x01\x01" + bytes(60), "executable"),
    bad("a shell script", MARKDOWN, "#!/bin/sh\nrm -rf /\n", "executable"),
    bad("a shortcut", JSON, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "executable"),
    bad("a batch file", PLAIN, "@ECHO OFF\r\ndel *\r\n".replace("ECHO OFF", "echo off"), "executable"),
    bad("an HTML application", HTML, "<html><hta:application id=x><script>x()</script>", "executable"),
    bad("a photo", PLAIN, picture("PNG"), "content_mismatch"),
    bad("a page", PLAIN, "\ufeff \n<!DocType html><script>x()</script>", "content_mismatch", "second_format"),
    bad("a page as a table", CSV, "<script>x()</script>,b\n", "content_mismatch", "second_format"),
    bad("a page as notes", MARKDOWN, "<iframe src=x>", "second_format"),
    bad("a binary", PLAIN, b"a\0b", "malformed"),
    bad("half of a character", PLAIN, "ab".encode("utf-16") + b"\0", "malformed"),
    bad("control characters", PLAIN, b"\x01\x02gr\xfc\xdfe", "encoding"),
    bad("a formula", CSV, "a,b\n1,=HYPERLINK(A1)\n", "formula"),
    bad("a formula of DDE", CSV, "a;b\n1;\"+cmd|'/C calc'!A0\"\n", "formula"),
    bad("a formula behind a tab", CSV, 'a,b\n1,"\t=1+1"\n', "formula"),
    bad("a formula by its sign", TSV, "a\tb\n1\t@SUM(1)\n", "formula"),
    bad("JSON without end", JSON, '{"a":[1,2', "malformed"),
    bad("JSON nested endlessly", JSON, "[" * 200_000, "object_bomb"),
    bad("JSON that says two things", JSON, '{"user":"me","user":"you"}', "ambiguous"),
    bad("JSON with a program behind", JSON, b'{"a":1}MZ\x90\0', "malformed"),
    bad("JSON of numbers", JSON, "1" * 100_000, "malformed"),
    bad(
        "a page as XML, in Shift-JIS",
        XML,
        b'<?xml version="1.0" encoding="Shift_JIS"?><a xmlns="http://www.w3.org/1999/xhtml">\x93\xfa<script/></a>',
        "script",
    ),
    bad("a billion laughs", XML, f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>', "entity_bomb"),
    bad("quadratic blowup", XML, f'<!DOCTYPE a [<!ENTITY b "{"b" * 9_000}">]><a>{"&b;" * 9_000}</a>', "entity_bomb"),
    bad("a file of the server", XML, '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "entity_bomb"),
    bad("a parameter entity", XML, '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://x">%b;]><a/>', "external_reference"),
    bad("a document type elsewhere", XML, '<!DOCTYPE a SYSTEM "http://x/y.dtd"><a/>', "external_reference"),
    bad("a stylesheet", XML, '<?xml-stylesheet type="text/xsl" href="#x"?><a/>', "script"),
    bad("a page as XML", XML, '<html xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></html>', "script"),
    bad("XML nested endlessly", XML, "<a>" * 100_000, "object_bomb"),
    bad("XML cut off", XML, "<a><b></b>", "malformed"),
    bad("a drawing with a script", SVG, DRAWING.format("<script>x()</script>"), "script"),
    bad("a drawing with a handler", SVG, DRAWING.format("<g OnLoad='x()'/>"), "script"),
    bad("a drawing with an address", SVG, DRAWING.format("<a xlink:href='java&#10;script:x()'/>"), "script"),
    bad("a drawing that animates", SVG, DRAWING.format("<set attributeName='onclick' to='x()'/>"), "script"),
    bad("a drawing that uses data", SVG, DRAWING.format("<use href='data:image/svg+xml;base64,AA#a'/>"), "script"),
    bad("a page in a drawing", SVG, DRAWING.format("<foreignObject/>"), "embedded_object"),
    bad("a drawing that tells", SVG, DRAWING.format("<image href='//example.com/a.png'/>"), "external_reference"),
    bad("a drawing with a style", SVG, DRAWING.format("<style>@\\69mport 'x';</style>"), "external_reference"),
    bad("a drawing with entities", SVG, "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + DRAWING.format("&a;"), "entity_bomb"),
    bad("a page as a drawing", SVG, "<html><body onload=x()>", "malformed"),
    bad("a script", HTML, "<p>x</p><script>x()</script>", "script"),
    bad("a handler", HTML, "<img src=x\nonerror = x()>", "script"),
    bad("an address that runs", HTML, "<a href=' java&#x0A;script&colon;x()'>", "script"),
    bad("a form", HTML, "<form action='https://x'><input name=password>", "script"),
    bad("a redirection", HTML, "<meta http-equiv='Refresh' content='0;url=https://x'>", "script"),
    bad("a picture that tells", HTML, "<img src='https://example.com/a.png'>", "external_reference"),
    bad("a page in UTF-16", HTML, "<script>x()</script>".encode("utf-16"), "script"),
)
SAMPLES = GOOD + HOSTILE
