"""The list of what is shipped that `make build` writes: sbom.cdx.json, CycloneDX 1.6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from dev.ship import digest
from dev.transform import ROOT
from tests.template.builds import FUNCTIONS, LAYERS
from tests.template.test_build import packages

SCHEMAS = tuple(f"{name}.SNAPSHOT.schema.json" for name in ("bom-1.6", "spdx", "jsf-0.82"))


@pytest.fixture(scope="session")
def bill(built: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((built / "sbom.cdx.json").read_text("utf-8"))
    return loaded


def test_the_list_of_packages_is_what_is_shipped(built: Path, bill: dict[str, Any]) -> None:
    """Each package of both layers with its version, address and licence, and no other."""
    listed = [each for each in bill["components"] if "purl" in each]
    assert {each["name"]: each["version"] for each in listed} == packages(built, "DepsLayer") | packages(
        built, "MediaLayer"
    )
    for each in listed:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert each["licenses"], each["name"]


def test_our_functions_and_layers_are_listed_with_their_digests(built: Path, bill: dict[str, Any]) -> None:
    """Whoever holds an artefact can say whether it is the one of this list; each layer names its packages."""
    ours = {each["name"]: each["hashes"][0]["content"] for each in bill["components"] if "purl" not in each}
    assert ours == {name: digest(built / name) for name in (*FUNCTIONS, *LAYERS)}
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert set(needs["portway"]) == set(ours)
    for layer in LAYERS:
        assert len(needs[layer]) == len(packages(built, layer))


def test_libraries_inside_packages_are_listed(bill: dict[str, Any]) -> None:
    """A flaw in libwebp is a flaw of ours: what Pillow and Pydantic are compiled with has names and versions, too."""
    inside = {each["name"]: {part["name"] for part in each.get("components", [])} for each in bill["components"]}
    assert {"libwebp", "OpenJPEG", "libtiff"} <= inside["pillow"]
    assert {"jiter", "regex"} <= inside["pydantic-core"]


def test_the_list_of_packages_is_cyclonedx(bill: dict[str, Any]) -> None:
    """Any tool that reads the standard's JSON reads ours; the schemas come with checkov's environment."""
    (folder,) = (ROOT / ".venv-checkov").glob("lib/python*/site-packages/cyclonedx/schema/_res")
    loaded = {name: json.loads((folder / name).read_text("utf-8")) for name in SCHEMAS}
    known = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}", Resource.from_contents(schema, DRAFT7))
        for name, schema in loaded.items()
    )
    checker = Draft7Validator(loaded[SCHEMAS[0]], registry=known)
    assert [error.message for error in checker.iter_errors(bill)] == []
    assert list(checker.iter_errors({**bill, "components": [{"name": "nameless"}]}))


def test_the_page_and_the_browser_client_ship_no_foreign_code() -> None:
    """Nothing but our own packages is bundled, so there is nothing of them to list."""
    for package in ("clients/js", "web"):
        declared = json.loads((ROOT / package / "package.json").read_text("utf-8"))
        assert set(declared.get("dependencies", {})) <= {"@portway/client"}
