"""What `make build` ships, as CycloneDX 1.6 (sbom.cdx.json): our functions and layers, and all packages in the layers.

Read from the metadata that the packages brought along, so it lists what is shipped, not what was asked for; with the
libraries in C and Rust that a package says it is made of (PEP 770). The same build gives the same document.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from dev.config import ROOT

NAME = "sbom.cdx.json"
CLASS = "License :: "
"""How a classifier begins that names a licence."""
CONTAINED = ("type", "name", "version", "purl")
"""What is taken over of a library in C or Rust that a package contains."""


def document(build: Path, digests: Mapping[str, str]) -> dict[str, Any]:
    """The artefacts in `build` with their digests, and the packages in them, as a CycloneDX document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    us = {"type": "application", "bom-ref": "portway", "name": project["name"], "version": project["version"]}
    inside = {name: packages(build / name / "python") for name in digests}
    ours = [_artefact(name, digest, project) for name, digest in digests.items()]
    theirs = sorted((each for found in inside.values() for each in found), key=lambda each: str(each["name"]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([us, ours, theirs])).urn,
        "version": 1,
        "metadata": {"component": us},
        "components": [*ours, *theirs],
        "dependencies": [
            {"ref": "portway", "dependsOn": [*digests]},
            *({"ref": name, "dependsOn": [each["bom-ref"] for each in found]} for name, found in inside.items()),
            *({"ref": each["bom-ref"]} for each in theirs),
        ],
    }


def _artefact(name: str, digest: str, project: Mapping[str, Any]) -> dict[str, Any]:
    """A function or layer of ours: dev.ship says what its digest is of."""
    return {
        "type": "library" if "Layer" in name else "application",
        "bom-ref": name,
        "name": name,
        "version": project["version"],
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": project["license"]}}],
    }


def packages(folder: Path) -> list[dict[str, Any]]:
    """The packages installed in `folder`, by name."""
    return sorted(map(component, folder.glob("*.dist-info")), key=lambda each: str(each["name"]))


def component(metadata: Path) -> dict[str, Any]:
    """One package, with the licences that it says it is under and the libraries that it contains."""
    package = Distribution.at(metadata)
    name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()  # as PEP 503 writes it
    address = f"pkg:pypi/{name}@{package.version}"
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": package.version,
        "purl": address,
        "licenses": list(_licences(package)),
    }
    lists = sorted(metadata.glob("sboms/*.json"))
    contained = [
        {field: each[field] for field in CONTAINED if each.get(field)}
        for path in lists
        for each in json.loads(path.read_text("utf-8"))["components"]
        if not each.get("purl", "").startswith(address)  # its own modules
    ]
    return told | ({"components": contained} if contained else {})


def _licences(package: Distribution) -> Iterator[dict[str, Any]]:
    """As an SPDX expression if it has one, else in its own words, or by its classifiers."""
    told = package.metadata
    if "License-Expression" in told:
        yield {"expression": told["License-Expression"]}
        return
    words = " ".join(told.get_all("License", []))
    classes = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier", []) if each.startswith(CLASS)]
    for name in [words] if words and "\n" not in words else classes:
        yield {"license": {"name": name}}
