"""Two ways to have the functions answer: in this process, from the source tree; and as built, under the emulator."""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev import host
from dev.artefacts import artefacts
from dev.invoke import function_of
from dev.world import World, world
from tests.functions.deployed import Context
from tests.sam.conversation import conversation
from tests.sam.emulator import Emulator, emulator

Call = Callable[[str, dict[str, Any]], Any]
"""What a function (its logical id) returns for an event."""
FOLDERS = re.compile(r"(?<!^)(?=[A-Z])")
CHANGING = (
    (r"127\.0\.0\.1:\d+", "<host>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r'"(speed|seconds_left)": (\d+|null)', r'"\1": "<measured>"'),
    (r"X-Amz-Date=\d{8}T\d{6}Z", "X-Amz-Date=<time>"),
    (r"X-Amz-(Credential|Security-Token|Signature)=[\w%.~-]+", r"X-Amz-\1=<secret>"),
    (r"(uploadId|versionId)=[\w.%~-]+", r"\1=<id>"),
    (r"\b[0-9a-f]{64}\b", "<signature>"),
    (r"\b([0-9A-HJKMNP-TV-Z]{26})\.[0-9A-HJKMNP-TV-Z]{32}\b", r"\1.<secret>"),
)
"""What must differ between two runs: where and when, and what follows from keys."""
ID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


def answers_in_process(folder: Path, policy: Path) -> dict[str, Any]:
    """What the handlers of the source tree answer, by question."""
    with world(folder) as found:

        def call(function: str, event: dict[str, Any]) -> Any:
            variables = found.environment(function) | {"PORTWAY_POLICY_FILE": str(policy)}
            with pytest.MonkeyPatch.context() as patch:
                for name, value in variables.items():
                    patch.setenv(name, value)
                if function not in imported:
                    module = f"functions.{FOLDERS.sub('_', function.removesuffix('Function')).lower()}.handler"
                    patch.delitem(sys.modules, module, raising=False)
                    imported[function] = importlib.import_module(module)
                return json.loads(json.dumps(imported[function].handler(event, Context())))

        imported: dict[str, Any] = {}
        return driven(found, call)


def answers_of_artefacts(folder: Path) -> dict[str, Any]:
    """What the built functions answer, by question; what they wrote down meanwhile is in *.log."""
    with world(folder) as found, contextlib.ExitStack() as open_:
        built, started = artefacts(host.built()), dict[str, Emulator]()

        def call(function: str, event: dict[str, Any]) -> Any:
            if function not in started:
                wanted = emulator(built[function], found.environment(function), folder)
                started[function] = open_.enter_context(wanted)
            return started[function].invoke(event).value

        return driven(found, call)


def driven(found: World, call: Call) -> dict[str, Any]:
    """The whole conversation; what must differ is taken out of the answers."""
    talk, told, ids = conversation(found), dict[str, Any](), dict[str, str]()
    with contextlib.suppress(StopIteration):
        question, event = next(talk)
        while True:
            answer = call(function_of(question), event)
            told[question] = plain(answer, ids)
            question, event = talk.send(answer)
    return told


def plain(answer: Any, ids: dict[str, str]) -> Any:
    """The answer, its body read, without what must differ. Ids become numbers, in the order in which they were told."""
    if isinstance(answer, dict) and answer.get("body"):
        answer = {**answer, "body": json.loads(answer["body"])}
    text = json.dumps(answer, sort_keys=True)
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return json.loads(ID.sub(lambda found: ids.setdefault(found[0], f"<upload {len(ids)}>"), text))
