"""A secret of AWS Secrets Manager, by its ARN: no secret is ever in a variable."""

from __future__ import annotations

from typing import Any

from portway.aws.answers import answers
from portway.errors import Unavailable
from portway.ports import Clock

KEEP_MS, LEAST = 300_000, 16
"""How long a container keeps it, so that a new one counts everywhere after five minutes; characters at least."""


class KeptSecret:
    """Gives the text of the current version. Unavailable when it cannot be read: an older one is not used instead."""

    def __init__(self, client: Any, arn: str, now: Clock) -> None:
        self._client, self._arn, self._now = client, arn, now
        self._text, self._until = "", 0

    def __call__(self) -> str:
        if self._now() >= self._until:
            self._text, self._until = self._read(), self._now() + KEEP_MS
        return self._text

    def _read(self) -> str:
        with answers():
            text: str = self._client.get_secret_value(SecretId=self._arn).get("SecretString", "")
        if len(text) < LEAST:
            raise Unavailable(f"GetSecretValue: not a text of {LEAST} characters or more")
        return text
