"""Every test of the suite is also a test of the logs: one that leaves a signed URL, a token or a key behind fails."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tests.conftest import pytest_runtest_makereport
from tests.protocols.service import Service
from tests.protocols.steps import created, given, published
from tests.security.front import TOKENS
from tests.security.written import secrets_in


def finished(outcome: Any, sections: list[tuple[str, str]]) -> pytest.TestReport:
    """The report of a test with this outcome, as the suite's own hook hands it on."""
    report = pytest.TestReport("test_x", ("f", 0, "x"), {}, outcome, None, "call", sections)
    hook: Generator[None, pytest.TestReport, pytest.TestReport] = pytest_runtest_makereport(None, None)  # type: ignore[arg-type]
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)
    made: pytest.TestReport = end.value.value
    return made


def test_signed_urls_and_tokens_are_recognised(api: Service) -> None:
    """Of uploads and downloads, full and as parts of a line, and tokens in and out of their header."""
    urls = [part["url"] for part in created(api)["signed"]["parts"]]
    urls.append(api.call("GET", f"/v1/files/{published(api)}/url").document["url"])
    token = given(api, created(api)["id"])
    for secret in (*urls, TOKENS["owner"], f"authorization: Bearer {TOKENS['stranger']}", token, f"?token={token}&x"):
        assert secrets_in(f'{{"message": "sent {secret}"}}')
    for harmless in (
        "X-Amz-Signature is missing",
        f"in/0123456789abcdef/{'0' * 26}",
        f"{'0' * 26}.{'0' * 31}",
        "0" * 64,
    ):
        assert not secrets_in(f'{{"message": "{harmless}"}}')


def test_a_test_that_wrote_a_secret_fails(api: Service) -> None:
    """Whatever it printed or logged is looked at; a test that failed anyway keeps its own reason."""
    url = created(api)["signed"]["parts"][0]["url"]
    assert finished("passed", [("Captured log call", f"INFO {url}")]).outcome == "failed"
    assert finished("passed", [("Captured stdout call", f"{TOKENS['owner']}\n")]).outcome == "failed"
    assert finished("passed", [("Captured stdout call", "nothing much")]).outcome == "passed"
    assert finished("failed", [("Captured stderr call", url)]).longrepr is None
