"""The local stack with a real clamd behind it: what is uploaded is scanned on its way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.client import Api
from portway.outgoing.clamd import EICAR
from tests.scanners.daemon import GOOD, running
from tests.stack.local_stack import local_stack, send


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An owner's client of a stack that scans."""
    with (
        running(tmp_path_factory.mktemp("clamd"), GOOD) as daemon,
        local_stack(tmp_path_factory.mktemp("stack"), PORTWAY_CLAMD=daemon.unix) as stack,
    ):
        yield stack.api()


@pytest.mark.asvs("5.4.3")
def test_malware_is_not_published(scanned: Api, tmp_path: Path) -> None:
    """EICAR ends as failed, infected, in words that do not name the signature; a good file is published."""
    file = tmp_path / "invoice.bin"
    file.write_bytes(EICAR)
    upload_id, _ = send(scanned, file)
    view = scanned.await_end(upload_id)
    assert (view["status"], view["reason"]) == ("failed", "infected")
    assert [finding["code"] for finding in view["findings"]] == ["infected"]
    assert "Eicar" not in str(view)
    file.write_bytes(b"hello")
    upload_id, _ = send(scanned, file)
    assert scanned.await_end(upload_id)["status"] == "completed"
