"""The file is what it says, begins and ends where it should, and carries no second format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portway import media_types
from portway.content import Malformed, Mark, Trick
from portway.formats import Walker, compressed, media, ooxml, opendocument, png, tar, zip_archive
from portway.pipeline import View
from portway.verdicts import Finding

WALKERS: Mapping[str, Walker] = {
    "image/png": png.walk,
    "application/zip": zip_archive.walk,
    "application/x-tar": tar.walk,
    **compressed.WALKERS,
    **media.WALKERS,
    **ooxml.WALKERS,
    **opendocument.WALKERS,
}


def inspect(view: View) -> Iterator[Finding]:
    """A finding for each trick that the policy minds; what was learnt goes to the view's facts."""
    if view.declared_type == media_types.UNKNOWN:
        return  # it claims nothing, and is served as what nobody opens
    walk = WALKERS.get(view.declared_type)
    if walk is None:
        yield from view.answers([Mark(Trick.UNSUPPORTED, view.declared_type)])
        return
    try:
        anatomy = walk(view.reader, view.bounds)
    except Malformed as error:
        yield from view.answers([Mark(Trick.MALFORMED, str(error))])
        return
    view.facts |= anatomy.facts
    yield from view.answers(anatomy.marks)
