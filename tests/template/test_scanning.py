"""What each scanner brings into the stack, and that nothing of it is there without one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from dev.provision.properties import Refused
from portway import settings
from portway.aws import clients
from portway.aws.lambda_functions import LambdaChecks
from portway.bootstrap.work import Work
from portway.checks import Check, CheckFailed
from portway.errors import Unavailable
from portway.scanning import AwaitedScans
from portway.verdicts import Severity
from tests.template.calls import Recorder
from tests.template.iam import Ask, allowed
from tests.template.stack import PLACE, Stack, deployed
from tests.template.test_queues import EVENTS, matches

GUARDED = {"Scanner": "guardduty"}
NEAR = {
    "Scanner": "clamd",
    "ClamdAddress": "tcp://clamd.internal:3310",
    "ScannerSubnets": "subnet-1,subnet-2",
    "ScannerSecurityGroups": "sg-1",
}
SCANNING = ("ProcessFunction", "SweepFunction")
KEY = "in/822b33ad87c148a0/7ZK3M9Q2X4B6C8D0E1F5G7H9JA"


def variables(stack: Stack, function: str) -> dict[str, str]:
    found: dict[str, str] = stack.properties(function)["Environment"]["Variables"]
    return found


def result(stack: Stack) -> Any:
    """The fixture of a scan result, as the plan of this stack would send it."""
    event = json.loads(json.loads((EVENTS / "process_scan_result.json").read_text("utf-8"))["Records"][0]["body"])
    event["resources"] = [stack.arn("ScanPlan")]
    event["detail"]["s3ObjectDetails"]["bucketName"] = stack.named("IncomingBucket").ref
    return event


def test_without_a_scanner_nothing_of_one_is_there(stack: Stack) -> None:
    """No plan, no rule, no right and no place in a network; the functions know that there is none."""
    assert not [name for name in stack.resources if "Scan" in name or "Network" in name]
    for function in SCANNING:
        assert variables(stack, function)["PORTWAY_SCANNER"] == "none"
        assert "VpcConfig" not in stack.properties(function)


def test_guardduty_scans_what_arrives_and_nothing_else() -> None:
    """The plan reads incoming files, and tags nothing: a tag is no verdict."""
    stack = deployed(**GUARDED)
    plan = stack.properties("ScanPlan")
    bucket = {"BucketName": stack.named("IncomingBucket").ref, "ObjectPrefixes": ["in/"]}
    assert plan["ProtectedResource"] == {"S3Bucket": bucket}
    assert plan["Actions"] == {"Tagging": {"Status": "DISABLED"}}
    rights = stack.role("ScanPlan")
    incoming, published = stack.arn("IncomingBucket"), stack.arn("PublishedBucket")
    assert allowed(rights, Ask("s3:GetObjectVersion", f"{incoming}/{KEY}"))
    for action in ("s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObjectVersion"):
        assert not allowed(rights, Ask(action, f"{incoming}/{KEY}"))
    assert not allowed(rights, Ask("s3:GetObject", f"{published}/{KEY}"))


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        (lambda _: None, True),
        (lambda event: event["detail"].update(scanStatus="FAILED"), True),
        (lambda event: event.update(source="evil.guardduty"), False),
        (lambda event: event.update(account="999999999999"), False),
        (lambda event: event.update(resources=["arn:aws:guardduty:eu-central-1:1:malware-protection-plan/x"]), False),
        (lambda event: event["detail"]["s3ObjectDetails"].update(bucketName="another"), False),
        (lambda event: event.update({"detail-type": "GuardDuty Malware Protection Post Scan Action Failed"}), False),
    ],
)
def test_results_of_the_plan_reach_the_processor(change: Callable[[dict[str, Any]], object], passes: bool) -> None:
    """Every result of our plan about our bucket, good or bad, and of no other one."""
    stack = deployed(**GUARDED)
    event = result(stack)
    change(event)
    assert matches(stack, "ScannedRule", event) == passes


def test_the_queues_take_results_from_their_rule() -> None:
    """What cannot be delivered is kept, as of every other rule."""
    stack = deployed(**GUARDED)
    (target,) = stack.properties("ScannedRule")["Targets"]
    assert target["Arn"] == stack.arn("ProcessQueue")
    assert target["DeadLetterConfig"] == {"Arn": stack.arn("RuleDeadLetterQueue")}
    for queue in ("ProcessQueue", "RuleDeadLetterQueue"):
        context = {"aws:SourceArn": stack.arn("ScannedRule")}
        sent = Ask("sqs:SendMessage", stack.arn(queue), context, service="events.amazonaws.com")
        assert allowed(stack.policy(f"{queue}Policy"), sent)


@pytest.mark.parametrize("function", SCANNING)
def test_whoever_inspects_may_ask_for_another_scan(function: str) -> None:
    """The function knows its plan, makes the call, and its role lets it; no other function may."""
    stack, recorder = deployed(**GUARDED), Recorder()
    known = {name: str(value) for name, value in variables(stack, function).items()}
    chosen = settings.read({**known, "AWS_REGION": PLACE.region})
    assert (chosen.scan_plan, chosen.scan_wait_seconds) == (stack.arn("ScanPlan"), 1800)
    scanner = Work(replace(chosen, table="t"), recorder.session()).scanner
    assert isinstance(scanner, AwaitedScans)
    with recorder.refusing("SendObjectMalwareScan", "InternalServerErrorException", 500), pytest.raises(Unavailable):
        scanner.ask(KEY, "v1")
    assert [ask.action for ask in recorder.asked] == ["guardduty:SendObjectMalwareScan"]
    assert allowed(stack.role(function), recorder.asked[0])
    for other in ("ApiFunction", "DeadLetterFunction", "Signer"):
        assert not allowed(stack.role(other), recorder.asked[0])


@pytest.mark.parametrize("function", SCANNING)
def test_clamd_is_reached_from_its_subnets(function: str) -> None:
    """Only who inspects is placed there, and its own code can do nothing with what Lambda needs for that."""
    stack = deployed(**NEAR)
    known = variables(stack, function)
    assert (known["PORTWAY_SCANNER"], known["PORTWAY_CLAMD"]) == ("clamd", "tcp://clamd.internal:3310")
    place = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert stack.properties(function)["VpcConfig"] == place
    assert "VpcConfig" not in stack.properties("ApiFunction")
    makes = Ask("ec2:CreateNetworkInterface", "*")
    itself = replace(makes, context={"lambda:SourceFunctionArn": stack.arn(function)})
    assert allowed(stack.role(function), makes)
    assert not allowed(stack.role(function), itself)
    outside = deployed(**{**NEAR, "ScannerSubnets": "", "ScannerSecurityGroups": ""})
    assert "VpcConfig" not in outside.properties(function)
    assert not [name for name in outside.resources if "Network" in name]


@pytest.mark.parametrize("function", SCANNING)
def test_whoever_inspects_may_ask_the_teams_own_checks(function: str) -> None:
    """Those that are named, and no other function; each is asked once, and a refusal is a check that failed."""
    named = PLACE.arn("lambda", "function:invoices")
    stack, recorder = deployed(CheckFunctions=f"{named},{PLACE.arn('lambda', 'function:photos')}"), Recorder()
    checks = LambdaChecks(partial(clients.check_client, recorder.session(), PLACE.region), "incoming")
    with recorder.refusing("Invoke", "AccessDeniedException", 403), pytest.raises(CheckFailed, match="AccessDenied"):
        checks.call(Check("invoices", named, 5, Severity.REVIEW), {"id": "x"})
    (asked,) = recorder.asked
    assert allowed(stack.role(function), asked)
    assert not allowed(stack.role(function), replace(asked, resource=PLACE.arn("lambda", "function:another")))
    assert not allowed(deployed().role(function), asked)
    for other in ("ApiFunction", "DeadLetterFunction"):
        assert not allowed(stack.role(other), asked)


@pytest.mark.parametrize(
    ("answer", "says"),
    [({"Payload": b'{"findings": []}'}, b'{"findings": []}'), ({"Payload": b"{}", "FunctionError": "Unhandled"}, None)],
)
def test_a_check_that_raises_has_failed(answer: dict[str, Any], says: bytes | None) -> None:
    """What a function raised is told to nobody, only that it did. The question names bucket and check."""
    calls: list[dict[str, Any]] = []

    class Client:
        def invoke(self, **call: Any) -> dict[str, Any]:
            calls.append(call)
            return {**answer, "Payload": io.BytesIO(answer["Payload"])}

    seconds: list[int] = []

    def client(most: int) -> Client:
        seconds.append(most)
        return Client()

    checks = LambdaChecks(client, "incoming")
    check = Check("invoices", "fn", 5, Severity.REVIEW)
    if says is None:
        with pytest.raises(CheckFailed, match="the function failed: Unhandled"):
            checks.call(check, {"id": "x"})
    else:
        assert checks.call(check, {"id": "x"}) == says
    assert json.loads(calls[0]["Payload"]) == {"id": "x", "check": "invoices", "bucket": "incoming"}
    assert (calls[0]["FunctionName"], seconds) == ("fn", [5])


def test_checks_of_one_time_out_share_a_client() -> None:
    """Made when the first of them is asked, kept for all files: making one takes longer than many a check."""
    made: list[int] = []

    class Client:
        def __init__(self, seconds: int) -> None:
            made.append(seconds)

        def invoke(self, **_: Any) -> dict[str, Any]:
            return {"Payload": io.BytesIO(b"{}")}

    checks = LambdaChecks(Client, "incoming")
    assert made == []
    for name, seconds in (("invoices", 5), ("photos", 5), ("letters", 9), ("invoices", 5)):
        checks.call(Check(name, name, seconds, Severity.REVIEW), {})
    assert made == [5, 9]


def test_a_clamd_without_an_address_is_refused_before_anything_is_made() -> None:
    """A deployment that means to scan does not come up without."""
    with pytest.raises(Refused, match="ClamdAddress"):
        deployed(Scanner="clamd").check_rules()
    with pytest.raises(Refused, match="Scanner"):
        deployed(Scanner="clam")
