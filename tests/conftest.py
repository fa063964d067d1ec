"""For every test: no credentials, profiles or endpoints of the machine that runs it."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest

from tests.security.written import secrets_in

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "PORTWAY_"))]:
            patch.delenv(name)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: nobody looks through it again for what can go."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _leaves_no_garbage() -> Iterator[None]:
    """Objects in circles (stores with their parts, hypothesis' trees) are let go with the file of tests that made them.
    By itself Python looks for them the more rarely the more there is, and a process grew to gigabytes."""
    yield
    gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test fails when anything that it made run printed or logged a signed URL, a token or a key."""
    report = yield
    found = secrets_in("".join(text for _, text in report.sections))
    if found and report.passed:
        report.outcome, report.longrepr = "failed", f"written down: {found}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a proof measured is told at the end: tests say it with `record_property("figures", text)`."""
    reports = [report for row in ("passed", "failed") for report in terminalreporter.stats.get(row, ())]
    last = ""
    for report in sorted(reports, key=lambda report: str(report.nodeid.partition("[")[0])):
        for text in [value for name, value in report.user_properties if name == "figures"]:
            test = report.nodeid.partition("[")[0]
            if test != last:
                terminalreporter.section(test)
            terminalreporter.write_line(str(text))
            last = test
