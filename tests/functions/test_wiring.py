"""What a function needs from its environment, and what it does before its first event: nothing."""

from __future__ import annotations

import gc
import importlib
import json
import sys
from dataclasses import replace

import pytest

from portway.errors import BadSettings
from tests.functions.deployed import EXAMPLE_ID, FUNCTIONS, Deployed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_without_its_settings_does_not_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names everything that is missing at once, so that a deployment is mended in one go."""
    monkeypatch.delitem(sys.modules, f"functions.{name}.handler", raising=False)
    monkeypatch.setattr(gc, "disable", lambda: None)  # what starts not does not turn it on again
    with pytest.raises(BadSettings) as raised:
        importlib.import_module(f"functions.{name}.handler")
    for variable in ("PORTWAY_TABLE", "PORTWAY_INCOMING_BUCKET", "PORTWAY_PUBLISHED_BUCKET", "PORTWAY_BUS"):
        assert variable in str(raised.value)


def test_a_line_is_about_its_own_request(portway: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """A warm environment remembers nothing of the request before: its upload is in no later line."""
    capsys.readouterr()
    portway.call("status")
    portway.call("list", queryStringParameters={"cursor": "x"})
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["upload_id"], first["code"]) == (EXAMPLE_ID, "not_found")
    assert "upload_id" not in second
    assert second["fields"] == ["cursor"]


def test_a_deployment_with_a_cdn_has_its_host_in_the_urls_of_files(portway: Deployed) -> None:
    """Of published files, and of nothing else: parts and files in quarantine are the bucket's own affair."""
    plain = portway.api.here
    behind = replace(plain, settings=replace(plain.settings, files_host="files.example.com"))
    assert (plain.files.place.through, behind.files.place.through) == (None, "files.example.com")
    assert behind.quarantine.place.through is None
    assert behind.files.place.host == plain.files.place.host


def test_functions_share_no_state(portway: Deployed) -> None:
    """Each is an environment of its own, as in Lambda."""
    modules = (portway.api, portway.process, portway.dead_letter, portway.sweep)
    assert len({id(module.here) for module in modules}) == 4
