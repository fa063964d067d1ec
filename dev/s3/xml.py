"""S3's XML: documents out of nested pairs, and bodies into trees without namespaces."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from dev.s3.refused import Refused

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Value = str | int | None | Iterable[tuple[str, "Value"]]


def document(name: str, children: Iterable[tuple[str, Value]], namespace: str = NAMESPACE) -> bytes:
    """An XML document of (name, value) pairs; a value is text, a number, nested pairs, or None to leave it out."""
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}{attribute}>{_inside(children)}</{name}>'.encode()


def _inside(value: Value) -> str:
    if isinstance(value, (str, int)):
        return escape(str(value), {'"': "&quot;", "\r": "&#13;"})
    return "".join(f"<{name}>{_inside(child)}</{name}>" for name, child in value or () if child is not None)


def parse(body: bytes, root: str) -> Element:
    """The tree of a request body; Refused MalformedXML unless it is well formed and its root is named `root`."""
    try:
        tree = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        tree = Element("")
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    if tree.tag != root or b"<!DOCTYPE" in body:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise Refused(400, "MalformedXML", message, Expected=root)
    return tree


def text(tree: Element, path: str, default: str = "") -> str:
    """The text of the first element at `path`."""
    return (tree.findtext(path) or default).strip()


def texts(tree: Element, path: str) -> list[str]:
    return [(element.text or "").strip() for element in tree.iterfind(path)]
