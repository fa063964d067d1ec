"""Handlers for the tests of the workers: one for each way in which an invocation can go."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], context: Any) -> Any:
    """Do what `event["do"]` says; see ACTS."""
    return ACTS[event["do"]](event, context)


def _tell(event: dict[str, Any], context: Any) -> Any:
    return {
        "environment": dict(os.environ),
        "pid": os.getpid(),
        "now": time.time(),
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "milliseconds": context.get_remaining_time_in_millis(),
        "request": context.aws_request_id,
    }


def _speak_then_listen(event: dict[str, Any], context: Any) -> Any:
    """Opening a named pipe waits for somebody at its other end."""
    one, two = map(Path, event["pipes"])
    one.write_text("here")
    two.read_text()
    return os.getpid()


def _listen_then_speak(event: dict[str, Any], context: Any) -> Any:
    one, two = map(Path, event["pipes"])
    one.read_text()
    two.write_text("here too")
    return os.getpid()


def _fail(event: dict[str, Any], context: Any) -> Any:
    raise KeyError("something")


def _hang(event: dict[str, Any], context: Any) -> Any:
    threading.Event().wait()


ACTS: Mapping[str, Callable[[dict[str, Any], Any], Any]] = {
    "tell": _tell,
    "say": lambda *_: print("nothing to do", flush=True),  # noqa: T201 - that is what it is for
    "speak, then listen": _speak_then_listen,
    "listen, then speak": _listen_then_speak,
    "fail": _fail,
    "hang": _hang,
    "exit": lambda *_: os._exit(3),
    "give up": lambda *_: sys.exit(4),
    "no json": lambda *_: {1, 2},
    "too much": lambda *_: "x" * 6_300_000,
}
