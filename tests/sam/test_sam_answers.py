"""The built functions, under AWS's Runtime Interface Emulator, answer as the tested ones do in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev import host
from dev.invoke import FUNCTIONS
from dev.world import EVENTS
from tests.sam.drivers import answers_in_process, answers_of_artefacts
from tests.security.written import secrets_in

EVENT_NAMES = sorted(path.stem for path in EVENTS.glob("*.json") if path.stem.startswith(tuple(FUNCTIONS)))
STATUSES = {
    "api_create": 201, "api_create_empty": 201, "api_token": 201, "api_token_revoke": 204, "api_file_delete": 204,
    "api_status_without_tenant": 403, "api_status_stranger": 404, "api_retry": 409, "api_abort": 409,
    "api_file when deleted": 410, "api_create_refused": 422,
}  # fmt: skip
"""Of the answers of the API that are not 200."""


@dataclass(frozen=True)
class Told:
    """The answers by question; one conversation each with an S3 endpoint, tables and queues of its own."""

    in_process: dict[str, Any]
    built: dict[str, Any]
    logs: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder: Path = tmp_path_factory.mktemp("built")
    tested = answers_in_process(tmp_path_factory.mktemp("tested"), host.built() / "build/PolicyLayer/policy.json")
    built = answers_of_artefacts(folder)
    return Told(tested, built, {path.stem: path.read_text("utf-8") for path in folder.glob("*Function.log")})


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_the_artefact_answers_an_event_as_the_tested_code_does(told: Told, name: str) -> None:
    """Each event of events/, about one file on its way: the same answer, but for ids, times and signatures."""
    assert told.built[name] == told.in_process[name]


def test_the_same_question_asked_later_is_answered_the_same_way_too(told: Told) -> None:
    """After the file was published and after it was removed; and nothing is asked of one and not of the other."""
    assert told.built == told.in_process
    assert len(told.built) > len(EVENT_NAMES)


def test_every_request_is_answered_as_its_name_says(told: Told) -> None:
    """Equal answers are no two failures: the file is created, signed, completed, published, read and removed."""
    statuses = {name: answer["statusCode"] for name, answer in told.built.items() if name.startswith("api_")}
    assert {name: status for name, status in statuses.items() if status != 200} == STATUSES
    assert told.built["api_status when published"]["body"]["status"] == "completed"


def test_every_batch_is_worked_off(told: Told) -> None:
    """Only what is no event at all is left to the queue."""
    batches = {
        name: answer["batchItemFailures"] for name, answer in told.built.items() if "batchItemFailures" in answer
    }
    assert {name for name, failures in batches.items() if failures} == {"process_batch"}
    assert set(batches) == {name for name in EVENT_NAMES if name.startswith(("process_", "derive_", "dead_letter_"))}


def test_the_artefacts_write_down_no_secrets(told: Told) -> None:
    """Five functions, the whole life of a file: no signed URL, no token, no key in what they logged."""
    assert set(told.logs) == set(FUNCTIONS.values())
    for name, text in told.logs.items():
        assert text, name
        assert not secrets_in(text), name
