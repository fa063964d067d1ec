"""PDFs, as reportlab, pikepdf (qpdf), pypdf and Pillow write them, and as attackers do."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdf
from PIL import Image
from pypdf.actions import JavaScript
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from dev.corpus.pdfs import CATALOG, base, document, packed, stream, updated
from dev.corpus.samples import Sample

PDF = "application/pdf"
BOMB = zlib.compress(bytes(20 << 20), 9)
"""Twenty megabytes of nothing."""


def written(pages: int = 3, compress: int = 1, links: bool = True) -> bytes:
    """Text that speaks of scripts, an outline, links; as reportlab writes it."""
    target = io.BytesIO()
    pen = canvas.Canvas(target, pagesize=A4, pageCompression=compress, invariant=1)
    pen.setTitle("What (/JavaScript) and <script> are")
    for number in range(pages):
        pen.drawString(100, 700, f"Page {number}: /JS /OpenAction <html> %%EOF stream")
        if links:
            pen.bookmarkPage(f"p{number}")
            pen.addOutlineEntry(f"Page {number}", f"p{number}")
            pen.linkURL("https://example.com/a(b)", (100, 690, 300, 720))
        pen.showPage()
    pen.save()
    return target.getvalue()


def saved(**options: Any) -> bytes:
    """The same through qpdf."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(written())) as document_:
        document_.save(target, deterministic_id="encryption" not in options, **options)
    return target.getvalue()


def begun_at_a_page() -> bytes:
    """A viewer begins at page two: what word processors write, and no action."""
    target, writer = io.BytesIO(), pypdf.PdfWriter(clone_from=io.BytesIO(written()))
    writer.open_destination = "p1"
    writer.root_object[pypdf.generic.NameObject("/OpenAction")] = pypdf.generic.ArrayObject(
        [writer.pages[1].indirect_reference, pypdf.generic.NameObject("/Fit")]
    )
    writer.write(target)
    return target.getvalue()


def made_by_pypdf(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    target, writer = io.BytesIO(), pypdf.PdfWriter(clone_from=io.BytesIO(written()))
    change(writer)
    writer.write(target)
    return target.getvalue()


def a_picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(target, "PDF", resolution=100)
    return target.getvalue()


def in_stream(body: bytes) -> Callable[[], bytes]:
    """An object that only the unpacked bytes of an object stream show."""
    return lambda: document(base(b"/Names 9 0 R", n8=packed({9: body})))


def inside(container: bytes) -> Callable[[], bytes]:
    """An object that readers find by the table, where a plain walk would not look: `%s` is where it lies."""

    def make() -> bytes:
        hidden = b"9 0 obj\n<</S/JavaScript/JS(x)>>\nendobj"
        data = document(base(b"/OpenAction 9 0 R", n8=container % hidden, n9=b"<<>>"))
        return document(
            base(b"/OpenAction 9 0 R", n8=container % hidden, n9=b"<<>>"), moved={9: data.index(b"9 0 obj\n<</S")}
        )

    return make


def circular() -> bytes:
    first = document(base())
    at = int(first.rpartition(b"startxref")[2].split()[0])
    return document(base(), b"/Prev %d" % at)


def zip_inside() -> bytes:
    end = b"PK\x05\x06" + bytes(16)
    data = document(base(n8=stream(end + b"\0\0")))
    rest = len(data) - data.index(end) - 22
    return data.replace(end + b"\0\0", end + rest.to_bytes(2, "little"))


def hostile(name: str, make: Callable[[], bytes], *codes: str) -> Sample:
    return Sample(name, PDF, "pdf", make, frozenset(codes))


def good(name: str, make: Callable[[], bytes]) -> Sample:
    return Sample(name, PDF, "pdf", make)


MODES = pikepdf.ObjectStreamMode
SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"


def mendable(entry: bytes, wrong: bytes) -> bytes:
    """Readers that find something wrong look for objects everywhere, in streams as well."""
    hidden = b"\nendobj\n1 0 obj\n%s\nendobj\n" % (CATALOG % b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    return document(base(n7=stream(hidden))).replace(entry, wrong)


GOOD = (
    good("by reportlab", written),
    good("by reportlab, not packed", lambda: written(compress=0)),
    good("by reportlab, 40 pages", lambda: written(40)),
    good("by qpdf", saved),
    good("with object streams", lambda: saved(object_stream_mode=MODES.generate)),
    good("linearized", lambda: saved(linearize=True)),
    good("linearized with object streams", lambda: saved(linearize=True, object_stream_mode=MODES.generate)),
    good("by qpdf for editors", lambda: saved(qdf=True)),
    good(
        "by qpdf, nothing packed",
        lambda: saved(compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all),
    ),
    good("by pypdf", lambda: made_by_pypdf(lambda writer: writer.pages)),
    good("by pypdf, begins at a page", begun_at_a_page),
    good(
        "by pypdf, compressed",
        lambda: made_by_pypdf(lambda writer: writer.compress_identical_objects()),
    ),
    good("a picture by Pillow", a_picture),
    good("updated twice", lambda: updated(updated(written(), {90: b"<</A 1>>"}), {91: b"[1 2]"})),
    good("a page to begin at, by reference", lambda: document(base(b"/OpenAction 5 0 R", n5=b"[3 0 R/Fit]"))),
    good("a place to go to", lambda: document(base(b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"))),
)
HOSTILE = (
    hostile("script on opening", lambda: document(base(b"/OpenAction" + SCRIPT)), "script"),
    hostile(
        "script by pypdf",
        lambda: made_by_pypdf(lambda writer: writer.add_open_action(JavaScript("app.alert(1)"))),
        "script",
    ),
    hostile(
        "script under an escaped name", lambda: document(base(b"/OpenAction<</S/J#61vaScript/#4aS(x)>>")), "script"
    ),
    hostile("script in an object stream", in_stream(b"<</JavaScript" + SCRIPT + b">>"), "script"),
    hostile(
        "script in an unnamed object stream",
        lambda: document(base(n8=packed({9: SCRIPT}).replace(b"/Type/ObjStm", b""))),
        "script",
    ),
    hostile(
        "script in a stream packed twice",
        lambda: document(
            base(n8=packed({9: SCRIPT}, b"[/AHx/Fl]", zlib.compress(b"9 0 " + SCRIPT).hex().encode() + b">"))
        ),
        "script",
    ),
    hostile("script in an update", lambda: updated(written(), {95: SCRIPT}), "script"),
    hostile("script hidden in a stream", inside(b"<</Length 41>>\nstream\n%s\nendstream"), "malformed", "script"),
    hostile("script hidden in a string", inside(b"(%s)"), "malformed"),
    hostile("root for readers that mend", lambda: mendable(b"/Root 1 0 R", b"/Root 9 0 R"), "malformed"),
    hostile("root that was freed", lambda: mendable(b"0000000009 00000 n", b"0000000009 00000 f"), "malformed"),
    hostile("root of another generation", lambda: mendable(b"0000000009 00000 n", b"0000000009 00007 n"), "malformed"),
    hostile("script behind a false stream", lambda: document(base(n7=b"(>>\nstream\n)", n8=SCRIPT)), "script"),
    hostile("form of XML", lambda: document(base(b"/AcroForm<</XFA 8 0 R>>")), "script"),
    hostile("launches a program", lambda: document(base(b"/OpenAction<</S/Launch/F(cmd.exe)>>")), "pdf_action"),
    hostile("prints on opening", lambda: document(base(b"/OpenAction<</S/Named/N/Print>>")), "pdf_action"),
    hostile("acts on events", lambda: document(base(b"/AA<</WC 8 0 R>>")), "pdf_action"),
    hostile("sends a form", lambda: document(base(n8=b"<</S/SubmitForm/F(http://x)>>")), "pdf_action"),
    hostile("opens another document", lambda: document(base(n8=b"<</S/GoToR/F(\\\\\\\\x\\\\y)>>")), "pdf_action"),
    hostile(
        "attachment by pypdf",
        lambda: made_by_pypdf(lambda writer: writer.add_attachment("a.exe", b"MZ")),
        "embedded_object",
    ),
    hostile("film with a player", lambda: document(base(n8=b"<</Subtype/RichMedia>>")), "embedded_object"),
    hostile(
        "encrypted by qpdf",
        lambda: saved(encryption=pikepdf.Encryption(owner="o", user="u", allow=pikepdf.Permissions())),
        "encrypted",
    ),
    hostile("bomb in an object stream", lambda: document(base(n8=packed({9: b""}, data=BOMB))), "object_bomb"),
    hostile(
        "bomb packed twice",
        lambda: document(base(n8=packed({9: b""}, b"[/Fl/Fl]", zlib.compress(BOMB, 9)))),
        "object_bomb",
    ),
    hostile("chain of filters", lambda: document(base(n8=packed({9: b""}, b"[" + b"/Fl" * 9 + b"]"))), "object_bomb"),
    hostile("nested too deeply", lambda: document(base(n8=b"[" * 100_000)), "object_bomb"),
    hostile("dictionaries nested too deeply", lambda: document(base(n8=b"<</A" * 50_000)), "object_bomb"),
    hostile("cross-references that go round", circular, "object_bomb"),
    hostile(
        "pages that go round",
        lambda: document(base() | {2: b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 9>>"}),
        "object_bomb",
    ),
    hostile("a page behind its end", lambda: written() + b"<html><script>alert(1)</script>", "trailing_data"),
    hostile("a zip around its end", zip_inside, "second_format"),
    hostile(
        "a page in a comment",
        lambda: document(base(), head=b"%PDF-1.7\n%<html><script>alert(1)</script>\n"),
        "second_format",
    ),
    hostile(
        "a page between its objects", lambda: document(base(), before=b"<html><script>x()</script>\n"), "second_format"
    ),
    hostile("cut off", lambda: written()[:-300], "malformed"),
    hostile("begins too late", lambda: b"\n\n" + written(), "malformed", "content_mismatch"),
    hostile("no cross-references", lambda: document(base(), start=3), "malformed"),
)
SAMPLES = GOOD + HOSTILE
