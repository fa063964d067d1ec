"""GuardDuty's scan results: what each means, and which are about our bucket at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from portway.protocols.scan_events import Plan, is_scan_event, scan_arrival
from portway.scanning import ScanArrival
from portway.scans import Says

EXAMPLE = Path(__file__).resolve().parents[2] / "events/process_scan_result.json"
EVENT = json.loads(json.loads(EXAMPLE.read_text("utf-8"))["Records"][0]["body"])
PLAN = Plan(EVENT["resources"][0], "portway-incoming")


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    made = deepcopy(EVENT)
    change(made)
    return json.dumps(made)


def told(status: str, result: str, *threats: str) -> ScanArrival | None:
    def change(event: dict[str, Any]) -> None:
        event["detail"]["scanStatus"] = status
        event["detail"]["scanResultDetails"] = {
            "scanResultStatus": result,
            "threats": [{"name": name} for name in threats] or None,
        }

    return scan_arrival(changed(change), PLAN)


def test_a_result_names_what_was_scanned() -> None:
    """Key, version and ETag, which are held against the record."""
    assert scan_arrival(json.dumps(EVENT), PLAN) == ScanArrival(
        "in/822b33ad87c148a0/7ZK3M9Q2X4B6C8D0E1F5G7H9JA",
        "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
        "9b2cf535f27731c974343645a3985328-2",
        Says.CLEAN,
    )


@pytest.mark.parametrize(
    ("status", "result", "threats", "says", "words"),
    [
        ("COMPLETED", "NO_THREATS_FOUND", (), Says.CLEAN, ""),
        ("COMPLETED", "THREATS_FOUND", ("EICAR-Test-File (not a virus)",), Says.INFECTED, "EICAR-Test-File"),
        ("COMPLETED", "THREATS_FOUND", (), Says.INFECTED, "COMPLETED, THREATS_FOUND"),
        ("COMPLETED", "UNSUPPORTED", (), Says.NOT_SCANNED, "UNSUPPORTED"),
        ("SKIPPED", "UNSUPPORTED", (), Says.NOT_SCANNED, "SKIPPED"),
        ("FAILED", "ACCESS_DENIED", (), Says.ERROR, "ACCESS_DENIED"),
        ("FAILED", "FAILED", (), Says.ERROR, "FAILED"),
        ("FAILED", "NO_THREATS_FOUND", (), Says.ERROR, ""),
        ("SKIPPED", "NO_THREATS_FOUND", (), Says.ERROR, ""),
        ("COMPLETED", "no_threats_found", (), Says.ERROR, ""),
        ("COMPLETED", "SOMETHING_NEW", (), Says.ERROR, "SOMETHING_NEW"),
        ("COMPLETED", "NO_THREATS_FOUND", ("Worm",), Says.ERROR, "Worm"),
    ],
)
def test_every_result_has_its_meaning(
    status: str, result: str, threats: tuple[str, ...], says: Says, words: str
) -> None:
    """Clean is one pair of words and no other; whatever is new or contradicts itself is an error."""
    arrival = told(status, result, *threats)
    assert arrival
    assert arrival.says is says
    assert words in arrival.words


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(account="999999999999"),
        lambda e: e.update(region="us-east-1"),
        lambda e: e.update(resources=["arn:aws:guardduty:eu-central-1:123456789012:malware-protection-plan/other"]),
        lambda e: e.update(resources=[]),
        lambda e: e.update(resources=[*e["resources"], "another"]),
        lambda e: e.update({"detail-type": "GuardDuty Malware Protection Post Scan Action Failed"}),
        lambda e: e["detail"]["s3ObjectDetails"].update(bucketName="somebody-elses"),
    ],
)
def test_results_of_others_are_not_ours(change: Callable[[dict[str, Any]], object]) -> None:
    """Another account, region, plan, kind or bucket: no result. Nor is any, where no plan is configured."""
    assert scan_arrival(changed(change), PLAN) is None
    assert scan_arrival(json.dumps(EVENT), Plan(None, PLAN.bucket)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.pop("detail"),
        lambda e: e.pop("resources"),
        lambda e: e.update(detail=[]),
        lambda e: e["detail"].pop("scanStatus"),
        lambda e: e["detail"].update(scanResultDetails=None),
        lambda e: e["detail"]["scanResultDetails"].update(threats=[None]),
        lambda e: e["detail"]["s3ObjectDetails"].pop("versionId"),
        lambda e: e["detail"]["s3ObjectDetails"].update(versionId=None),
        lambda e: e["detail"]["s3ObjectDetails"].update(eTag=""),
        lambda e: e["detail"]["s3ObjectDetails"].update(objectKey=7),
    ],
)
def test_what_is_no_result_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """A member is missing or of another type: it comes again, and ends as a dead letter with an alarm."""
    with pytest.raises(ValueError, match="not a scan result"):
        scan_arrival(changed(change), PLAN)


@pytest.mark.parametrize("body", ["", "[]", "7", "null", "{}", '{"source": "aws.s3"}', "[" * 100_000])
def test_other_messages_are_not_mistaken_for_results(body: str) -> None:
    """S3's events come through the same queue, and so may anything else."""
    assert not is_scan_event(body)
