"""The file is what it says, begins and ends where it should, and carries no second format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from portway import media_types
from portway.content import Malformed, Mark, Trick
from portway.formats import Walker, archives, documents, later, media, pictures
from portway.pipeline import View
from portway.verdicts import Finding

WALKERS: Mapping[str, Walker] = {**archives.WALKERS, **documents.WALKERS, **media.WALKERS, **pictures.WALKERS}
FAMILIES: Mapping[str, Walker] = {
    "text/.*": later("text"),
    ".*[+]xml": later("xml"),
    ".*[+]json": later("json"),
}
"""Walkers of types that have no row of their own, by patterns of their names."""

HIDDEN = frozenset({Trick.UNSUPPORTED, Trick.ENCRYPTED})
"""What a walker says of parts that it could not look into."""


def inspect(view: View) -> Iterator[Finding]:
    """A finding for each trick that the policy minds; what was learnt goes to the view's facts."""
    if view.declared_type == media_types.UNKNOWN:
        return  # it claims nothing, and is served as what nobody opens
    walk = walker_of(view.declared_type)
    if walk is None:
        yield from view.answers([Mark(Trick.UNSUPPORTED, view.declared_type)])
        return
    try:
        anatomy = walk(view.reader, view.bounds)
    except Malformed as error:
        yield from view.answers([Mark(Trick.MALFORMED, str(error))])
        return
    view.facts |= anatomy.facts
    view.is_understood = all(mark.trick not in HIDDEN for mark in anatomy.marks)
    yield from view.answers(anatomy.marks)


def walker_of(declared: str) -> Walker | None:
    """Who can look inside files of this type (canonical); None for nobody."""
    families = (walk for pattern, walk in FAMILIES.items() if re.fullmatch(pattern, declared))
    return WALKERS.get(declared) or next(families, None)
