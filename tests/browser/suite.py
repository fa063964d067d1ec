"""The browser tests of one engine: a stack behind a network that can be told what to do, somebody's page on another
origin, and vitest, which drives the browser."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from dev.config import ROOT
from tests.javascript.vitest import passed
from tests.stack.local_stack import local_stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HERE = ROOT / "tests/browser"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing about requests."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder as a web site; its origin."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def built(workspace: Path, folder: Path) -> Path:
    """What vite makes of a workspace, in a folder of this run."""
    vite = ROOT / "node_modules/vite/bin/vite.js"
    command = ["node", str(vite), "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", str(folder)]
    run = subprocess.run(command, cwd=workspace, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return folder


def with_example(folder: Path, site: object) -> None:
    """examples/embed on the site, as in the repository; it reads where the stack is, as `make dev` writes it."""
    (folder / ".portway").mkdir()
    (folder / ".portway/dev.json").write_text(json.dumps(site))
    for name in ("examples/embed", "web/dist"):
        (folder / name).parent.mkdir()
        (folder / name).symlink_to(ROOT / name)


def run(engine: str, folder: Path) -> str:
    """All tests in an engine, whose screenshots stay in .build/screenshots. What is to be told about them."""
    assert (ROOT / "web/dist/index.html").is_file(), "the uploader page is not built: make web"
    with (
        served(built(HERE, folder / "page")) as origin,
        local_stack(folder, PORTWAY_ORIGINS=origin, PORTWAY_FAULTS="all=0") as stack,
        tempfile.TemporaryDirectory(prefix="portway-") as near,  # Chromium has a socket there: a short path
    ):
        with_example(folder / "page", stack.site)
        count = passed(
            "tests/browser",
            folder / "report.json",
            *os.environ.get("SPECS", "").split(),
            PORTWAY_ENGINE=engine,
            PORTWAY_SITE=json.dumps(stack.site),
            PORTWAY_TEST_PAGE=f"{origin}/",
            PORTWAY_UNFINISHED=unfinished_url(stack.site),
            PORTWAY_AHEAD=str(stack.state / "ahead"),
            PORTWAY_FILES=str(folder / "files"),
            PORTWAY_ARTEFACTS=str(ROOT / ".build/screenshots" / engine),
            TMPDIR=near,
        )
        (stack.state / "ahead").write_text("0")  # whoever signs from here has the machine's time
        assert unfinished(stack.site) == [], "each test ends what it begins"
    return f"{engine}: {count} tests passed"


def s3_of(site: dict[str, Any]) -> S3Client:
    """S3 as somebody sees it who may see everything."""
    return boto3.client(
        "s3",
        endpoint_url=site["s3"],
        region_name=site["region"],
        aws_access_key_id=site["access_key"],
        aws_secret_access_key=site["secret_key"],
        config=Config(signature_version="s3v4"),
    )


def unfinished(site: dict[str, Any]) -> list[str]:
    """Keys of multipart uploads that S3 still holds."""
    return [row["Key"] for row in s3_of(site).list_multipart_uploads(Bucket=site["incoming_bucket"]).get("Uploads", ())]


def unfinished_url(site: dict[str, Any]) -> str:
    """Where the specs ask S3 for the same list."""
    bucket = {"Bucket": site["incoming_bucket"]}
    return s3_of(site).generate_presigned_url("list_multipart_uploads", bucket, ExpiresIn=24 * 3600)
