"""Metadata of ISO media: user data, iTunes' list, QuickTime's keys. Where it was recorded, long texts, covers.

QTFF "User data atoms" and "Metadata"; 3GPP TS 26.244, section 8 (`loci`).
"""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Trick
from portway.formats.isobmff import Box, Boxes
from portway.formats.strangers import look_at_padding
from portway.formats.tags import PLACES, enough, note_place, note_text

PLACE_BOXES = frozenset({b"\xa9xyz", b"loci", b"gps ", b"GPS "})
PADDING = frozenset({b"free", b"skip"})
TEXT_TYPES = (1, 2, 4)
"""Well-known types of `data` that are text (QTFF, "Well-known types")."""
MAX_KEYS = 64 << 10


def look(boxes: Boxes, box: Box, bounds: Bounds, anatomy: Anatomy) -> None:
    """Mark what is in a `udta` or `meta` box."""
    if box.kind in PLACE_BOXES:
        anatomy.mark(Trick.LOCATION, str(box))
    elif box.kind == b"meta":
        _meta(boxes, box, bounds, anatomy)
    elif box.kind == b"udta":
        for each in boxes.inside(box):
            _user_data(boxes, each, bounds, anatomy)


def _user_data(boxes: Boxes, box: Box, bounds: Bounds, anatomy: Anatomy) -> None:
    if box.kind in PLACE_BOXES or box.kind == b"meta":
        look(boxes, box, bounds, anatomy)
    elif box.kind == b"XMP_":
        note_place(anatomy, "XMP", boxes.read(box))
    elif box.kind in PADDING:
        look_at_padding(boxes.reader, anatomy, box.body, box.end, f"a {box.kind!r} box")
    elif box.kind.startswith(b"\xa9"):
        text = boxes.read(box, 4, enough(bounds))  # length and language stand before it
        note_text(anatomy, bounds, str(box), text.decode("utf-8", "replace"))


def _meta(boxes: Boxes, box: Box, bounds: Bounds, anatomy: Anatomy) -> None:
    """A full box in ISO's files, a plain one in QuickTime's: what stands where its first child would be tells."""
    skip = 0 if boxes.read(box, 4, 4) == b"hdlr" else 4
    for each in boxes.inside(box, skip):
        if each.kind == b"keys":
            note_place(anatomy, f"{each}", boxes.read(each, 0, MAX_KEYS))
        elif each.kind == b"ilst":
            for item in boxes.inside(each):
                _item(boxes, item, bounds, anatomy)
        elif each.kind in PADDING:
            look_at_padding(boxes.reader, anatomy, each.body, each.end, f"a {each.kind!r} box")


def _item(boxes: Boxes, item: Box, bounds: Bounds, anatomy: Anatomy) -> None:
    for data in boxes.inside(item):
        if data.kind in (b"name", b"mean") and PLACES.search(boxes.read(data, 4, 256)):
            anatomy.mark(Trick.LOCATION, str(item))
        if data.kind != b"data":
            continue
        kind = int.from_bytes(boxes.read(data, 0, 4)) & 0xFFFFFF
        if kind in TEXT_TYPES:
            text = boxes.read(data, 8, enough(bounds)).decode("utf-16-be" if kind == 2 else "utf-8", "replace")
            note_text(anatomy, bounds, str(item), text)
        else:
            look_at_padding(boxes.reader, anatomy, data.body + 8, data.end, str(item), Trick.EMBEDDED_OBJECT)
    if item.kind == b"\xa9xyz":
        anatomy.mark(Trick.LOCATION, str(item))
