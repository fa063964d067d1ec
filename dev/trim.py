"""Cuts botocore's descriptions of AWS down to the operations that Portway calls, as a step of dev/ship.py.

A client parses the description of its whole service when it is made, and the first one the endpoints of all services:
40 ms of each cold start for what nobody calls. The table is what tests/template/calls.py knows; a test compares them.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": (
        "BatchGetItem",
        "BatchWriteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "events": ("PutEvents",),
    "guardduty": ("SendObjectMalwareScan",),
    "lambda": ("Invoke",),
    "s3": (
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "HeadBucket",
        "HeadObject",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListParts",
        "PutObject",
        "UploadPartCopy",
    ),
    "secretsmanager": ("GetSecretValue",),
    "sts": ("AssumeRole",),
}
"""Service, by the name of its folder → what is called."""
CALLED_BY_BOTOCORE = frozenset({"HeadBucket"})
"""Of these: botocore asks where a bucket is after a redirect, and after a HEAD that is answered 400, which expired
credentials are, too. Without it both would end as an AttributeError."""
FOR_ALL = ("endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json")
"""What botocore reads besides the descriptions of services."""
WORDS_ARE_READ = ("clientContextParams",)
"""Of a description: botocore's model wants the texts of these, too."""


def trimmed(service: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The description with these operations, the shapes that they reach and all errors (an answer may have one that its
    operation does not list), without its documentation."""
    kept = {name: service["operations"][name] for name in operations}
    errors = {name for name, shape in service["shapes"].items() if shape.get("exception")}
    shapes = reached(service["shapes"], errors | {name for each in kept.values() for name in named(each)})
    bare: dict[str, Any] = without_words({**service, "operations": kept, "shapes": shapes})
    asked = {name: service[name] for name in WORDS_ARE_READ if name in service}
    return bare | asked


def reached(shapes: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """These shapes and all that they consist of, in the order of `shapes`."""
    found: set[str] = set()
    while wanted:
        found |= wanted
        wanted = {name for each in wanted for name in named(shapes[each])} - found
    return {name: shape for name, shape in shapes.items() if name in found}


def named(part: Any) -> Iterator[str]:
    """Every shape that is named in a part of a description: {"shape": name}."""
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from named(each)


def without_words(part: Any) -> Any:
    """Without the texts for people. A member may itself be called documentation: then it is no text."""
    if isinstance(part, dict):
        told = {name: each for name, each in part.items() if name != "documentation" or not isinstance(each, str)}
        return {name: without_words(each) for name, each in told.items()}
    return [without_words(each) for each in part] if isinstance(part, list) else part


def merged(into: Any, more: Any) -> Any:
    """botocore's own amendments of a description (sdk-extras), put in already."""
    if not isinstance(into, dict) or not isinstance(more, dict):
        return more
    return {**into, **{name: merged(into.get(name), each) for name, each in more.items()}}


def trim_service(folder: Path, operations: tuple[str, ...]) -> None:
    """One version of one service: the newest, which is the one that botocore chooses."""
    *old, newest = sorted(folder.iterdir())
    for version in old:
        shutil.rmtree(version)
    amendments = {path.name: read(path).get("merge", {}) for path in newest.glob("*.sdk-extras.json*")}
    whole = merged(read_named(newest, "service-2"), amendments.get("service-2.sdk-extras.json", {}))
    written = {"service-2": trimmed(whole, operations)}
    written["endpoint-rule-set-1"] = without_words(read_named(newest, "endpoint-rule-set-1"))
    pages = merged(read_named(newest, "paginators-1"), amendments.get("paginators-1.sdk-extras.json", {}))
    ours = {name: page for name, page in pages.get("pagination", {}).items() if name in operations}
    if ours:
        written["paginators-1"] = {"pagination": ours}
    shutil.rmtree(newest)
    newest.mkdir()
    for name, content in written.items():
        write(newest / f"{name}.json", content)


def trim_endpoints(path: Path) -> None:
    """Where each service is: only of those that are called."""
    content = read(path)
    for partition in content["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in OPERATIONS}
    write(path, content)


def read_named(folder: Path, name: str) -> dict[str, Any]:
    return next((read(path) for path in folder.glob(f"{name}.json*")), {})


def read(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Plain, since unpacking costs each cold start; the layer is packed anyway."""
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")


def cut(data: Path) -> None:
    """`data` is the folder botocore/data of an artefact; cutting it again changes nothing."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in OPERATIONS:
            shutil.rmtree(path)
        elif path.is_file() and path.name.removesuffix(".gz") not in FOR_ALL:
            path.unlink()
    for name, operations in OPERATIONS.items():
        trim_service(data / name, operations)
    trim_endpoints(data / "endpoints.json")
