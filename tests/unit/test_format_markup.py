"""XML, SVG and HTML: what draws and tells passes, what runs, loads or explodes is found, in every spelling."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET

import pytest

from portway.formats import Walker, html, svg, xml
from portway.reader import CHUNK
from tests.security.effort import tries
from tests.unit.hostile import look, mutants, survive, tricks

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
LAUGHS = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
DTD = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


def tree(depth: int) -> bytes:
    """A document as the standard library writes it."""
    root = node = ET.Element("{urn:x}root", {"a": "<&>"})
    for level in range(depth):
        node = ET.SubElement(node, f"level{level % 5}", {"ü": "ö"})
        node.text = "text &"
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


@pytest.mark.parametrize(
    "data",
    [
        tree(5),
        tree(200),
        tree(3).decode().replace("utf-8", "utf-16").encode("utf-16"),
        b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xfc</a>",
        b"<?mso-application progid='Word.Document'?><a/>",
        b'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/P.dtd"><plist/>',
        b"<!DOCTYPE a><a/>",
        b"<rss><link>http://x</link><script>of a play</script></rss>",
        b"<a b='&lt;script&gt;'><![CDATA[<script>]]></a>",
        b"<a>" + b"<b c='d'>e</b>" * 300_000 + b"</a>",
    ],
)
def test_documents_pass(data: bytes) -> None:
    """In every encoding, with the document types of the world, and in many pieces."""
    assert look(xml.walk, data).marks == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (LAUGHS, {"entity_bomb"}),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', {"entity_bomb", "external_reference"}),
        ('<!DOCTYPE a [<!ENTITY % b SYSTEM "http://x/y">%b;]><a/>', {"entity_bomb", "external_reference"}),
        ('<!DOCTYPE a [<!ENTITY % b "c">]><a/>', {"entity_bomb"}),
        ('<!DOCTYPE a SYSTEM "http://x/y.dtd"><a/>', {"external_reference"}),
        ('<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/etc/passwd"/></a>', {"external_reference"}),
        ('<?xml-stylesheet type="text/xsl" href="x.xsl"?><a/>', {"script"}),
        ('<a><b:script xmlns:b="http://www.w3.org/1999/xhtml">alert(1)</b:script></a>', {"script"}),
        ('<a xmlns="http://www.w3.org/2000/svg" onload="x()"/>', {"script"}),
        ('<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"/>', {"script"}),
        ("<a>" * 1_001, {"object_bomb"}),
        ("<a " + " ".join(f"b{n}='c'" for n in range(1_001)) + "/>", {"object_bomb"}),
        ("<a>" + "".join(f"<b{n}/>" for n in range(250_000)) + "</a>", {"object_bomb"}),
        ("<a>&b;</a>", {"malformed"}),
        ("<a><b></a>", {"malformed"}),
        ("<a/><b/>", {"malformed"}),
        ("<a/>PK", {"malformed"}),
        ("<a b='1' b='2'/>", {"malformed"}),
        ("<?xml version='1.0' encoding='nobody-knows'?><a/>", {"malformed"}),
        ("", {"malformed"}),
    ],
)
def test_xml_that_harms_its_readers_is_found(data: str, expected: set[str]) -> None:
    """Entities of every kind, references, scripts, bombs; no entity is ever expanded."""
    assert tricks(xml.walk, data.encode()) == expected


def test_an_endless_tag_is_not_collected() -> None:
    """A tag that goes on for over 32 MiB ends the parse."""
    assert tricks(xml.walk, b"<a b='" + b"c" * (10 * CHUNK) + b"'/>") == {"object_bomb"}


@pytest.mark.parametrize(
    "inner",
    [
        "",
        '<path d="M0 0"/><use xlink:href="#a"/><use href="#a"/>',
        '<a href="https://example.com"><text>once = onload=</text></a>',
        '<image href="data:image/png;base64,AAAA"/><image xlink:href="data:image/svg+xml;base64,AAAA"/>',
        "<style>.a{fill:url(#b)} @font-face{src:url(data:font/woff;base64,AAAA)} /* @import */</style>",
        '<rect style="fill:url(#b);scroll-behavior:smooth" fill="url(#b)" filter="url(\'#c\')" font-family="On"/>',
        '<animate attributeName="x" values="0;1;2" from="0" to="9"/>',
        '<metadata><r:RDF xmlns:r="http://r"><r:li r:resource="http://creativecommons.org/l"/></r:RDF></metadata>',
        '<i:path-effect xmlns:i="http://www.inkscape.org/namespaces/inkscape" href="file:///x" onset="1"/>'.replace(
            ' onset="1"', ""
        ),
    ],
)
def test_pictures_that_only_draw_pass(inner: str) -> None:
    """Fragments, embedded pixels and links that wait for a click included; so does the usual document type."""
    assert tricks(svg.walk, SVG.format(inner).encode()) == set()
    assert tricks(svg.walk, (DTD + SVG.format(inner)).encode()) == set()


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>',
        "<handler>x</handler>",
        '<g onload="x()"/>',
        '<g ONclick="x()"/>',
        '<a href="javascript:x()"/>',
        '<a xlink:href=" java&#10;script&#58;x()"/>',
        '<a href="JaVaScRiPt:x()"/>',
        '<a href="data:text/html,x"/>',
        '<use href="data:image/svg+xml;base64,AAAA#a"/>',
        '<animate attributeName="href" values="#a;javascript:x()"/>',
        '<set attributeName="onmouseover" to="x()"/>',
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="x"/></foreignObject>',
        '<rect style="width:expression(x())"/>',
        "<a href='" + " " * 9_000 + "javascript:x()'/>",
        "<animate attributeName='href' values='" + "#a;" * 3_000 + "javascript:x()'/>",
        "<style>a{background:url('java\\73 cript:x()')}</style>",
    ],
)
def test_pictures_that_run_something_are_found(inner: str) -> None:
    """Elements, handlers and addresses, in every spelling that a browser understands."""
    assert "script" in tricks(svg.walk, SVG.format(inner).encode())


@pytest.mark.parametrize(
    "inner",
    [
        '<image href="https://example.com/track.png"/>',
        '<image xlink:href="//example.com/track.png"/>',
        '<image xlink:href="/\\example.com/track.png"/>',
        '<use href="http://example.com/a.svg#b"/>',
        '<image href="file:///etc/passwd"/>',
        '<feImage href="http://example.com/a.png"/>',
        "<style>@import 'http://example.com/a.css';</style>",
        "<style>@\\69mport 'x.css';</style>",
        '<rect fill="url(http://example.com/a.svg#b)"/>',
    ],
)
def test_pictures_that_load_something_are_found(inner: str) -> None:
    """They would tell somebody who looks at them, and when."""
    assert tricks(svg.walk, SVG.format(inner).encode()) == {"external_reference"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (SVG.format("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>"), {"embedded_object"}),
        ('<!DOCTYPE svg [<!ENTITY a "<script/>">]>' + SVG.format("&a;"), {"entity_bomb"}),
        ('<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x()">]>' + SVG.format(""), {"script"}),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", {"malformed"}),
        ("\x1f\x8b", {"malformed"}),
    ],
)
def test_other_tricks_of_pictures_are_found(data: str, expected: set[str]) -> None:
    """Pages inside, entities, attributes by default, and what is no picture at all."""
    assert tricks(svg.walk, data.encode("latin-1")) == expected


def test_styles_take_linear_time() -> None:
    """A million comments that do not end are one."""
    style = "<style>" + "/* " * 300_000 + "</style><style>/* */@import 'x'</style>"
    assert tricks(svg.walk, SVG.format(style).encode()) == {"external_reference"}


def test_a_picture_tells_its_measures() -> None:
    """Where they are in pixels."""
    facts = look(svg.walk, b'<svg width="12.5px" height="100%" xmlns="http://www.w3.org/2000/svg"><g/></svg>').facts
    assert facts == {"width": 12.5, "elements": 2}


@pytest.mark.parametrize(
    "body",
    [
        "<p class=x>Hello &amp; <a href='https://example.com'>more</a> once = more, &lt;script&gt;</p>",
        "<style>p{color:red}</style><img src='a.png'><svg><path/></svg><table background='b'></table>",
        "",
    ],
)
def test_pages_that_only_tell_pass(body: str) -> None:
    """Text, links, pictures beside the page."""
    assert tricks(html.walk, f"<!doctype html><title>x</title>{body}".encode()) == set()


@pytest.mark.parametrize(
    "body",
    [
        "<script>x()</script>",
        "<SCRIPT/src=x>",
        "<img src=x onerror=x()>",
        "<img src=x OnError = x()>",
        "<svg/onload=x()>",
        "<a href='javascript:x()'>",
        "<a href=' java&#x0A;script&colon;x()'>",
        '<a href="&#106;avascript:x()">',
        "<a href='java\tscript:x()'>",
        "<a href='java\n\n\t\nscript:x()'>",
        "<a href='" + "\x01 " * 3_000 + "javascript:x()'>",
        "<iframe srcdoc=x>",
        "<object data=x>",
        "<embed src=x>",
        "<form action=x>",
        "<base href=x>",
        "<meta http-equiv=refresh content='0;url=x'>",
        "<meta http-equiv = 'Refresh' content='0'>",
        "<a href='data:text/html,x'>",
        "<img src=x onerror" + " \n" * 3000 + "=x()>",
        "<meta http-equiv='re&#102;resh' content='0'>",
        "<svg><animate attributeName=href values='#;javascript:x()'>",
    ],
)
def test_pages_that_do_something_are_found(body: str) -> None:
    """Whatever the spelling and the encoding."""
    assert "script" in tricks(html.walk, body.encode())
    assert "script" in tricks(html.walk, body.encode("utf-16"))


def test_scripts_of_pages_are_found_across_two_requests() -> None:
    """No chunk hides what begins in the one before."""
    assert "script" in tricks(html.walk, b"<img onerror" + b" " * CHUNK + b"=x()>")
    assert "script" in tricks(html.walk, b"x" * (CHUNK - 20) + b"<a href='java&#x0A;script&colon;x()'>")


@pytest.mark.parametrize("body", ["<img src=https://x/y>", "<link rel=stylesheet href='//x/y'>", "<style>@import 'x'"])
def test_pages_that_load_something_are_found(body: str) -> None:
    """From other hosts."""
    assert tricks(html.walk, body.encode()) == {"external_reference"}


@pytest.mark.parametrize("walk", [xml.walk, svg.walk, html.walk])
def test_no_bytes_make_a_walker_fail(walk: Walker) -> None:
    """Random, cut off or changed: Malformed is all that may come."""
    dice = random.Random(3)
    for size in range(0, 400, 7):
        survive(walk, dice.randbytes(size))
    good = (DTD + SVG.format("<style>a{b:url(\\75 x)}</style><a href='&#106;x' style='x'/>" + LAUGHS[:50])).encode()
    for mutant in mutants(good, tries(200), seed=2):
        survive(walk, mutant)
