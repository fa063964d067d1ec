"""What can be made of published files, by the names that policies use. Only functions/derive imports what is here: it
needs the libraries of layers/media."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from portway.derivers import compressed, documents, listings, pictures, told
from portway.results import Maker

MAKERS: Mapping[str, tuple[tuple[str, ...], Maker]] = {
    "facts": (("*/*",), told.facts),
    "listing": (listings.TYPES, listings.listing),
    "thumbnails": (pictures.TYPES, pictures.thumbnails),
    "optimised": (pictures.STILL, pictures.optimised),
    "compact": (("application/pdf",), documents.compact),
    "gzip": (compressed.TYPES, compressed.gzipped),
}
"""Name → the content types that it is made of, and how."""


def makers_for(names: tuple[str, ...], content_type: str) -> dict[str, Maker]:
    """Those of the named makers that take this type, in the table's order."""
    return {
        name: make
        for name, (types, make) in MAKERS.items()
        if name in names and any(fnmatchcase(content_type, pattern) for pattern in types)
    }
