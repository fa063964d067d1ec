"""The team's own checks have nothing against the file. They come last, and are told what the others have learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portway.checks import CheckFailed
from portway.pipeline import View
from portway.verdicts import Finding


def inspect(view: View) -> Iterator[Finding]:
    for check in view.checks:
        try:
            assert view.call is not None
            yield from check.findings(view.call(check, told(view)))
        except CheckFailed as error:
            yield check.failed(error)


def told(view: View) -> Mapping[str, Any]:
    """What a check learns of a file. Nothing in it lets anybody read the file who may not read the bucket."""
    upload = view.upload
    return {
        "schema": 1,
        "id": upload.id,
        "tenant": upload.tenant,
        "category": upload.category,
        "name": upload.name,
        "size": view.size,
        "content_type": upload.content_type,
        "metadata": dict(upload.metadata),
        "facts": view.facts,
        "key": upload.key,
        "version_id": upload.stored.version_id if upload.stored else None,
    }
