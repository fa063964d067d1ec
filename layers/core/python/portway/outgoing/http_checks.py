"""A Checker over HTTPS: the team's own service gets the question of a check with a URL of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portway.checks import Check, CheckFailed
from portway.errors import BadSettings
from portway.outgoing.https import Address, Asker, NoAnswer
from portway.ports import Checker

PLACE = ("key", "version_id")
"""Of use only to who may read the bucket."""


@dataclass(frozen=True, slots=True)
class HttpChecks:
    """Checks that have a URL are asked by `asker`, which is None without a secret; all others by `others`."""

    asker: Asker | None
    others: Checker

    def call(self, check: Check, told: Mapping[str, Any]) -> bytes:
        if not check.url:
            return self.others.call(check, told)
        if self.asker is None:
            raise CheckFailed("PORTWAY_HTTP_SECRET is not set")
        question = {name: value for name, value in told.items() if name not in PLACE}
        key, version_id = (str(told[name]) for name in PLACE)
        try:
            address = Address.read(check.url)
            return self.asker.ask(address, {**question, "check": check.name}, key, version_id, check.deadline_seconds)
        except (NoAnswer, BadSettings) as error:
            raise CheckFailed(str(error)) from error
