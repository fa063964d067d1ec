"""The uploader page, from web/dist to its bucket. CloudFront holds what may change for a second at most (PageCache)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.deploying.environments import Environment
from dev.deploying.questions import origin
from dev.stacks import Deployed

CONFIG = "config.json"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
FOR_EVER = "public, max-age=31536000, immutable"
LOGIN = ("client_id", "scope", "audience", "send")
TITLES = ("title", "category")


class NoPage(Exception):
    """The page cannot be put there. The words say what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def config(environment: Environment, found: Deployed) -> dict[str, Any]:
    """config.json (docs/clients/page.md): the API's address, who signs people in, and the words of samconfig.toml."""
    login = {"issuer": found.parameters["Issuer"]} | {k: v for k, v in environment.page.items() if k in LOGIN}
    said = {key: value for key, value in environment.page.items() if key in TITLES}
    return {"endpoint": found.output("ApiUrl"), **said, "login": login}


def items(folder: Path, about: Mapping[str, Any]) -> Iterator[Item]:
    """In the order in which they are put: a page never names what is not there yet. Raises NoPage."""
    if not (folder / "index.html").is_file():
        raise NoPage(f"{folder.name} holds no index.html. Build the page: make web")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CONFIG)
    made = [_item(path, path.relative_to(folder).as_posix()) for path in paths]
    yield from sorted(made, key=lambda item: (item.key == "index.html", not item.key.startswith("assets/"), item.key))
    yield Item(CONFIG, json.dumps(about, indent=2).encode() + b"\n", TYPES[".json"], "no-store")


def _item(path: Path, key: str) -> Item:
    try:
        kind = TYPES[path.suffix]
    except KeyError:
        raise NoPage(f"{key} is of no kind that browsers would be told: add it to dev/deploying/page.py.") from None
    return Item(key, path.read_bytes(), kind, FOR_EVER if key.startswith("assets/") else "no-cache")


def to_allow(found: Deployed) -> str | None:
    """What is left to do when the page's own address, which CloudFront chose, is not among the allowed origins yet."""
    url = found.output("PageUrl")
    if origin(url) in found.parameters["AllowedOrigins"].split(","):
        return None
    return (
        f"The page is at {url}, and may not send files yet: add {origin(url)} to AllowedOrigins and deploy again, "
        f"and allow {url}/ as redirect URI at the issuer."
    )


def published(s3: Any, found: Deployed, wanted: Iterator[Item]) -> str:
    """Puts them. Old assets stay, for pages that are open somewhere."""
    bucket, count = found.output("PageBucketName"), 0
    for item in wanted:
        s3.put_object(
            Bucket=bucket,
            Key=item.key,
            Body=item.body,
            ContentType=item.content_type,
            CacheControl=item.cache_control,
        )
        count += 1
    return f"{count} objects in {bucket}; {found.output('PageUrl')} shows them"
