"""`python -m dev.sbom BUILD`: what `make build` put into the layers of dependencies, as CycloneDX 1.6 (sbom.cdx.json).

Read from the metadata that the packages brought along, so it lists what is shipped, not what was asked for. The same
layers give the same document.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from dev.config import ROOT

LAYERS, NAME = ("DepsLayer/python", "MediaLayer/python"), "sbom.cdx.json"
CLASS = "License :: "
"""How a classifier begins that names a licence."""


def document(layers: Iterable[Path]) -> dict[str, Any]:
    """The packages in these folders as a CycloneDX document, by name."""
    found = sorted(
        (component(each) for each in distributions(path=[*map(str, layers)])), key=lambda each: str(each["name"])
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    us = {"type": "application", "bom-ref": "portway", "name": project["name"], "version": project["version"]}
    refs = [each["bom-ref"] for each in found]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([us, found])).urn,
        "version": 1,
        "metadata": {"component": us},
        "components": found,
        "dependencies": [{"ref": "portway", "dependsOn": refs}, *({"ref": ref} for ref in refs)],
    }


def component(package: Distribution) -> dict[str, Any]:
    """One package, with the licences that it says it is under."""
    name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()  # as PEP 503 writes it
    address = f"pkg:pypi/{name}@{package.version}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": package.version,
        "purl": address,
        "licenses": list(_licences(package)),
    }


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


def main() -> None:
    build = Path(sys.argv[1])
    (build / NAME).write_text(json.dumps(document(build / layer for layer in LAYERS), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
