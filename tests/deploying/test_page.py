"""The page in its bucket: what browsers are told about each file, and that no page ever names what is not there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.deploying.page import FOR_EVER, NoPage, config, items, published, to_allow
from dev.stacks import Deployed, NoStack
from tests.deploying.account import ISSUER, account, environment

OUTPUTS = {"ApiUrl": "https://api.team.dev", "PageBucketName": "pages", "PageUrl": "https://up.team.dev"}
FOUND = Deployed("portway-dev", "UPDATE_COMPLETE", OUTPUTS, {"Issuer": ISSUER})


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "portway-uploader.js", "portway.svg", "assets/page-Dx_4.js", "assets/page-9.css"):
        (folder / name).write_text(name)
    (folder / "config.json").write_text('{"token": "of a developer"}')
    return folder


def test_every_file_has_its_type_and_its_life(built: Path) -> None:
    """Assets with a digest in their name are kept for ever; what may change is asked for again."""
    found = {item.key: (item.content_type, item.cache_control) for item in items(built, {})}
    assert found == {
        "assets/page-9.css": ("text/css; charset=utf-8", FOR_EVER),
        "assets/page-Dx_4.js": ("text/javascript; charset=utf-8", FOR_EVER),
        "portway-uploader.js": ("text/javascript; charset=utf-8", "no-cache"),
        "portway.svg": ("image/svg+xml", "no-cache"),
        "index.html": ("text/html; charset=utf-8", "no-cache"),
        "config.json": ("application/json", "no-store"),
    }


def test_a_page_never_names_what_is_not_there_yet(built: Path) -> None:
    """Assets come first, the page after all that it loads."""
    keys = [item.key for item in items(built, {})]
    assert keys.index("index.html") == len(keys) - 2
    assert [key.startswith("assets/") for key in keys[:2]] == [True, True]


def test_a_configuration_of_a_developer_is_not_published(built: Path) -> None:
    """config.json is made here, never taken from the folder."""
    (last,) = [item for item in items(built, {"endpoint": "https://api.team.dev"}) if item.key == "config.json"]
    assert json.loads(last.body) == {"endpoint": "https://api.team.dev"}


def test_the_configuration_is_what_the_page_asks_for() -> None:
    """Endpoint and issuer of the stack, the rest of samconfig.toml; what the page does not know is left out."""
    page = {"client_id": "page", "scope": "openid offline_access", "title": "Papers", "category": "documents", "x": "y"}
    assert config(environment(page), FOUND) == {
        "endpoint": "https://api.team.dev", "title": "Papers", "category": "documents",
        "login": {"issuer": ISSUER, "client_id": "page", "scope": "openid offline_access"},
    }  # fmt: skip


def test_it_is_put_and_open_pages_go_on(built: Path) -> None:
    """Everything is in the bucket with its headers, beside the assets of the one before."""
    with account() as here:
        s3: Any = here.client("s3")
        s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_object(Bucket="pages", Key="assets/page-old.js", Body=b"old")
        words = published(s3, FOUND, items(built, config(environment(), FOUND)))
        keys = {each["Key"] for each in s3.list_objects_v2(Bucket="pages")["Contents"]}
        index = s3.get_object(Bucket="pages", Key="index.html")
    assert "6 objects in pages; https://up.team.dev" in words
    assert len(keys) == 7, "pages that are open somewhere still load their assets"
    assert (index["ContentType"], index["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")


def test_a_file_that_browsers_would_not_know_is_refused(built: Path) -> None:
    """Nothing is put under a guessed type."""
    (built / "assets/data.bin").write_text("?")
    with pytest.raises(NoPage, match=r"data\.bin"):
        list(items(built, {}))


def test_a_page_that_was_not_built_is_told(tmp_path: Path) -> None:
    """Nothing is put, and the words say how to build it."""
    with pytest.raises(NoPage, match="make web"):
        list(items(tmp_path, {}))


def test_an_address_that_cloudfront_chose_is_to_be_allowed() -> None:
    """Known after the first deployment only: the words say where it has to be added."""
    there = replace(FOUND, parameters={"AllowedOrigins": "https://app.team.dev"})
    assert "add https://up.team.dev to AllowedOrigins" in str(to_allow(there))
    assert to_allow(replace(FOUND, parameters={"AllowedOrigins": "https://x,https://up.team.dev"})) is None


def test_a_stack_without_a_page_is_told() -> None:
    """`PageCdn` was never deployed: there is no bucket."""
    with pytest.raises(NoStack, match="no output PageBucketName"):
        published(None, Deployed("portway-dev", "UPDATE_COMPLETE", {}, {}), iter(()))
