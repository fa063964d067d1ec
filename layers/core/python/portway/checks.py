"""A team's own checks: what they are told about a file, and what their answers mean. Pure.

A check is a function or a service of the team's (docs/checks.md). It may object, it can never clear: whatever it does
not say in the form that is asked for counts as a check that failed, and keeps the file back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from portway.verdicts import INSPECTION_FAILED, Finding, Severity

MOST_BYTES, MOST_FINDINGS, MOST_WORDS = 64 << 10, 20, 500
CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
FAILED = "A check of this service could not be carried out. The file is kept; ask an operator."


class CheckFailed(Exception):
    """No answer, or none that is understood. The words are for operators."""


@dataclass(frozen=True, slots=True)
class Check:
    """`function` is the name or ARN of a Lambda function, "" for a check that has a `url` instead.

    `on_error` is how bad it is when the check fails.
    """

    name: str
    function: str
    deadline_seconds: int
    on_error: Severity
    url: str = ""

    def failed(self, why: CheckFailed) -> Finding:
        """What is found when the check could not be carried out: for an operator to look at, or an error."""
        return Finding(INSPECTION_FAILED, self.on_error, FAILED, f"check {self.name}: {why}")

    def findings(self, answer: bytes) -> list[Finding]:
        """What the answer objects to; codes are `<name>.<code>`. CheckFailed for any other form."""
        if len(answer) > MOST_BYTES:
            raise CheckFailed(f"an answer of {len(answer)} bytes")
        try:
            rows = json.loads(answer)["findings"]
            found = [self._finding(row) for row in rows]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckFailed(f"an answer in another form: {error!r}"[:200]) from error
        if not isinstance(rows, list) or len(found) > MOST_FINDINGS:
            raise CheckFailed(f"{len(found)} findings")
        return found

    def _finding(self, row: Any) -> Finding:
        code, words = row["code"], row["words"]
        if row.keys() != {"code", "severity", "words"} or not CODE.fullmatch(code):
            raise ValueError(f"a finding with {sorted(row)} and code {str(code)[:70]!r}")
        if not isinstance(words, str) or not words.strip() or len(words) > MOST_WORDS:
            raise ValueError(f"words of {code}")
        words.encode()  # half of a surrogate pair, which JSON can spell, fits into no record: a ValueError
        return Finding(f"{self.name}.{code}", Severity(row["severity"]), words)
