"""What inspection learnt of a file, as an object beside it: for those who read buckets and not this API."""

from __future__ import annotations

import json

from portway.results import Made, Source


def facts(source: Source) -> list[Made]:
    """facts.json: size, type, and whatever inspection found out, by name; docs/inspection.md lists the names."""
    path = source.folder / "facts.json"
    told = {"size": source.size, "content_type": source.content_type, **source.facts}
    path.write_text(json.dumps(told, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    return [Made("facts.json", path, "application/json")]
