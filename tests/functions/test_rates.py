"""The rates that the environment names are those that the deployed API keeps, on the table that gets deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functions.deployed import Context, deployed, event


def test_the_rates_of_the_environment_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two creates at once, then two a second: the third is 429 and says when; a moment later it works."""
    monkeypatch.setenv("PORTWAY_CREATES_PER_SECOND", "2")
    monkeypatch.setenv("PORTWAY_CREATE_BURST", "2")
    create = event("api_create")
    with deployed(monkeypatch, tmp_path) as here:
        statuses = []
        for number in range(3):
            create["headers"]["idempotency-key"] = f"key-{number}"
            answer = here.api.handler(create, Context())
            statuses.append(answer["statusCode"])
        assert statuses == [201, 201, 429]
        assert answer["headers"]["Retry-After"] == "1"
        assert '"retry_after_ms":500' in answer["body"]
        here.clock.pass_seconds(0.5)
        assert here.api.handler(create, Context())["statusCode"] == 201
