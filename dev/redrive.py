"""What nobody could handle is handed in again: `python -m dev.redrive [--env dev | --stack NAME] [--region REGION]`.

For operators, after the cause is mended: the messages of UnendedQueue go back to ProcessQueue, and their files are
processed as if they had just arrived. Talks to the account that boto3 finds; prints how many messages were moved.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dev import stacks
from dev.stacks import NoStack, deployed, stack_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FROM, TO = "UnendedQueueUrl", "ProcessQueueUrl"
"""Outputs of the stack."""
AT_WORK = ("RUNNING", "CANCELLING")
LOOKS = 1800
"""How often to look whether it is done, a second apart: 500 messages a second are many in half an hour."""


class NotMoved(Exception):
    """The words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """`cloudformation` and `sqs` are clients; `pause` is called between two looks."""

    cloudformation: Any
    sqs: SQSClient
    pause: Callable[[], None]

    def __call__(self, stack: str) -> int:
        """How many messages SQS moved. NoStack when there are no such queues, NotMoved when the task failed
        or did not end."""
        found = deployed(self.cloudformation, stack)
        urls = [found.output(name) for name in (FROM, TO)]
        source = self._arn(urls[0])
        before = self._newest(source).get("StartedTimestamp", 0)
        self.sqs.start_message_move_task(SourceArn=source, DestinationArn=self._arn(urls[1]))
        for _ in range(LOOKS):
            task = self._newest(source)
            if task.get("StartedTimestamp", 0) > before and task["Status"] not in AT_WORK:
                return _moved(task)
            self.pause()
        raise NotMoved("The task is still running: aws sqs list-message-move-tasks --source-arn " + source)

    def _newest(self, source: str) -> Mapping[str, Any]:
        """The last task that was started; the list may lag behind."""
        found = self.sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        return found[0] if found else {}

    def _arn(self, url: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _moved(task: Mapping[str, Any]) -> int:
    moved: int = task.get("ApproximateNumberOfMessagesMoved", 0)
    if task["Status"] != "COMPLETED":
        raise NotMoved(f"{task['Status']} after {moved} messages: {task.get('FailureReason', 'no reason given')}")
    return moved


def main(arguments: Sequence[str], session: Callable[..., Any] = stacks.session) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.redrive", description=__doc__)
    parser.add_argument("--env", default="dev", help="an environment of samconfig.toml (default: dev)")
    parser.add_argument("--stack", default="", help="the name of the stack, instead of an environment")
    parser.add_argument("--region", default=None, help="the region, if AWS_REGION does not say it")
    chosen = parser.parse_args(arguments)
    try:
        stack = chosen.stack or stack_of(chosen.env)
        here = session(region_name=chosen.region)
        redrive = Redrive(here.client("cloudformation"), here.client("sqs"), lambda: time.sleep(1))
        print(f"{stack}: {redrive(stack)} messages went back to be processed", flush=True)
    except (NoStack, NotMoved, BotoCoreError, ClientError) as error:
        print(stacks.words(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
