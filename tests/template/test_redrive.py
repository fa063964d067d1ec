"""`make redrive`: what nobody could handle goes back to where it came from.

moto has no message move tasks, so botocore's stubber stands for AWS: it holds every call and answer to the real shapes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.stub import Stubber

from dev import redrive
from dev.redrive import LOOKS, NotMoved, Redrive
from dev.stacks import NoStack, stack_of
from dev.transform import ROOT

QUEUES = "https://sqs.eu-central-1.amazonaws.com/123456789012/"
ARNS = "arn:aws:sqs:eu-central-1:123456789012:"
OUTPUTS = {"UnendedQueueUrl": f"{QUEUES}unended", "ProcessQueueUrl": f"{QUEUES}process", "ApiUrl": "https://x"}


@dataclass
class Account:
    """Clients with planned answers; `pauses` counts the looks in between."""

    cloudformation: Any
    sqs: Any
    stubs: dict[str, Stubber] = field(default_factory=dict)
    pauses: int = 0

    def redrive(self, stack: str = "portway-dev") -> int:
        return Redrive(self.cloudformation, self.sqs, self._pause)(stack)

    def client(self, service: str) -> Any:
        return getattr(self, service)

    def stack(self, outputs: dict[str, str]) -> None:
        shown = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
        made = {"StackName": "portway-dev", "CreationTime": 0, "StackStatus": "UPDATE_COMPLETE", "Outputs": shown}
        asked = {"StackName": "portway-dev"}
        self.stubs["cloudformation"].add_response("describe_stacks", {"Stacks": [made]}, asked)

    def queue(self, name: str) -> None:
        asked = {"QueueUrl": QUEUES + name, "AttributeNames": ["QueueArn"]}
        answer = {"Attributes": {"QueueArn": ARNS + name}}
        self.stubs["sqs"].add_response("get_queue_attributes", answer, asked)

    def started(self) -> None:
        asked = {"SourceArn": f"{ARNS}unended", "DestinationArn": f"{ARNS}process"}
        self.stubs["sqs"].add_response("start_message_move_task", {"TaskHandle": "t"}, asked)

    def seen(self, **task: Any) -> None:
        asked = {"SourceArn": f"{ARNS}unended", "MaxResults": 1}
        self.stubs["sqs"].add_response("list_message_move_tasks", {"Results": [task] if task else []}, asked)

    def _pause(self) -> None:
        self.pauses += 1


@contextmanager
def _account() -> Iterator[Account]:
    session = Session(region_name="eu-central-1")
    account = Account(session.client("cloudformation"), session.client("sqs"))
    for name in ("cloudformation", "sqs"):
        account.stubs[name] = Stubber(account.client(name))
        account.stubs[name].activate()
    yield account
    for stub in account.stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def account() -> Iterator[Account]:
    with _account() as made:
        yield made


@pytest.fixture
def ready(account: Account) -> Account:
    """A stack of this version whose task was started; there was another one before."""
    account.stack(OUTPUTS)
    account.queue("unended")
    account.seen(Status="COMPLETED", StartedTimestamp=1, ApproximateNumberOfMessagesMoved=99)
    account.queue("process")
    account.started()
    return account


def test_the_messages_go_back_to_the_queue_of_the_object_events(ready: Account) -> None:
    """It waits until SQS is done, and says how many were moved: now, not the time before."""
    ready.seen(Status="COMPLETED", StartedTimestamp=1, ApproximateNumberOfMessagesMoved=99)
    ready.seen(Status="RUNNING", StartedTimestamp=2, ApproximateNumberOfMessagesMoved=3)
    ready.seen(Status="COMPLETED", StartedTimestamp=2, ApproximateNumberOfMessagesMoved=12)
    assert (ready.redrive(), ready.pauses) == (12, 2)


def test_a_task_that_failed_is_told(ready: Account) -> None:
    """With SQS's reason, and how far it came."""
    ready.seen(Status="FAILED", StartedTimestamp=2, ApproximateNumberOfMessagesMoved=4, FailureReason="AccessDenied")
    with pytest.raises(NotMoved, match="FAILED after 4 messages: AccessDenied"):
        ready.redrive()


def test_nobody_waits_for_ever(ready: Account) -> None:
    """After half an hour the words say how to look on."""
    for _ in range(LOOKS):
        ready.seen(Status="RUNNING", StartedTimestamp=2)
    with pytest.raises(NotMoved, match=f"list-message-move-tasks --source-arn {ARNS}unended"):
        ready.redrive()


def test_a_stack_of_an_older_version_is_told(account: Account) -> None:
    """Without the outputs nothing is started."""
    account.stack({"ApiUrl": "https://x"})
    with pytest.raises(NoStack, match=r"no output UnendedQueueUrl\. Deploy this version first"):
        account.redrive()


@pytest.mark.parametrize(
    ("env", "stack"), [("dev", "portway-dev"), ("staging", "portway-staging"), ("prod", "portway")]
)
def test_an_environment_is_that_of_make_deploy(env: str, stack: str) -> None:
    """ENV=prod means the stack that `make deploy ENV=prod` made."""
    assert stack_of(env) == stack


def test_the_command_prints_the_number(ready: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, with the stack's name, and exit code 0."""
    ready.seen(Status="COMPLETED", StartedTimestamp=2, ApproximateNumberOfMessagesMoved=12)
    assert redrive.main(["--stack", "portway-dev"], session=lambda **_: ready) == 0
    assert capsys.readouterr().out == "portway-dev: 12 messages went back to be processed\n"


def test_what_aws_refuses_is_told_and_fails(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """AWS's own words on stderr, exit code 1; an environment that nobody knows fails the same way."""
    account.stubs["cloudformation"].add_client_error("describe_stacks", "ValidationError", "Stack does not exist")
    assert redrive.main([], session=lambda **_: account) == 1
    assert "Stack does not exist" in capsys.readouterr().err
    assert redrive.main(["--env", "nowhere"]) == 1
    assert "no environment nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(("choice", "words"), [("ENV=prod", "--env prod"), ("STACK=mine", "--stack mine")])
def test_make_redrive_hands_over_what_was_chosen(tmp_path: Path, choice: str, words: str) -> None:
    """`make redrive ENV=prod`, or `STACK=` for one that samconfig.toml does not know."""
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", "redrive", choice],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert words in done.stdout
