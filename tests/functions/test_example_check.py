"""examples/check answers in the form that Portway asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from examples.check.handler import handler
from portway.checks import Check
from portway.verdicts import Severity

CHECK = Check("invoices", "invoices", 5, Severity.REVIEW)


@pytest.mark.parametrize(
    ("metadata", "facts", "codes"),
    [
        ({"order": "20260017"}, {"pages": 2}, []),
        ({}, {}, ["invoices.no_order"]),
        ({"order": "20260017"}, {"pages": 21}, ["invoices.long"]),
    ],
)
def test_the_example_is_understood(metadata: dict[str, str], facts: dict[str, Any], codes: list[str]) -> None:
    """Whoever starts from it starts from something that works."""
    answer = json.dumps(handler({"metadata": metadata, "facts": facts}, None)).encode()
    assert [finding.code for finding in CHECK.findings(answer)] == codes
