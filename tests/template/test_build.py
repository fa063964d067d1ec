"""What `make build` puts into the functions and layers."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.ship import archived, artefacts
from dev.transform import ROOT
from dev.trim import OPERATIONS
from tests.template.builds import FUNCTIONS, LAYERS, THIRD_PARTY
from tests.template.stack import Stack

MB = 1_000_000
ELF_MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine, ELF specification
LICENCES = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
UNWANTED = re.compile(
    r"(^|/)(bin|tests?|examples|moto)/|swagger-ui|\.lock$|\.pyi$|/py\.typed$|\.(c|h|pyx|md|rst|html)$"
    r"|\.dist-info/(RECORD|INSTALLER|REQUESTED|WHEEL|entry_points\.txt)$"
)
ZIPPED = {"CoreLayer": 2 * MB, "DepsLayer": 10 * MB, "MediaLayer": 10 * MB, "PolicyLayer": MB // 100}


def files(folder: Path) -> Iterator[Path]:
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def packages(built: Path, layer: str) -> dict[str, str]:
    """Name and version of every package that lies in the layer."""
    return {
        name.replace("_", "-"): version
        for path in (built / layer / "python").glob("*.dist-info")
        for name, version in [path.name.removesuffix(".dist-info").rsplit("-", 1)]
    }


def versions(requirements: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", requirements.read_text("utf-8"), re.MULTILINE))


def test_layers_are_told_from_functions_by_their_names(built: Path, stack: Stack) -> None:
    """Each folder belongs to a function or a layer of the template, and Layer is in the logical id of the layers."""
    assert [path.name for path in artefacts(built)] == sorted([*FUNCTIONS, *LAYERS])
    assert set(FUNCTIONS) == set(stack.of_type("AWS::Lambda::Function"))
    assert {layer["Content"]["S3Key"] for layer in stack.of_type("AWS::Lambda::LayerVersion").values()} == set(LAYERS)
    assert {name for name in (*FUNCTIONS, *LAYERS) if "Layer" in name} == set(LAYERS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_ships_its_handler_and_nothing_else(built: Path, function: str) -> None:
    """Kilobytes, so that a deployment of code alone is quick."""
    assert {path for path in files(built / function) if path.suffix != ".pyc"} == {Path("handler.py")}


def test_the_core_layer_is_the_package_without_leftovers(built: Path) -> None:
    """Every module of portway, and no test, cache, stub environment or file of another kind."""
    source = ROOT / "layers/core/python/portway"
    ours = {path for path in files(source) if path.suffix == ".py"}
    shipped = built / "CoreLayer/python/portway"
    made = {path.relative_to(shipped) for path in shipped.glob("compiled.*")}  # of the core, by dev/precompiled.py
    assert {path for path in files(shipped) if path.suffix != ".pyc"} - made == ours
    assert {path.name for path in (built / "CoreLayer").iterdir()} == {"python"}


def test_the_policy_layer_holds_the_compiled_policy(built: Path) -> None:
    """PORTWAY_POLICY_FILE names a file at the root of a layer, which Lambda mounts at /opt."""
    assert set(files(built / "PolicyLayer")) == {Path("policy.json")}
    assert json.loads((built / "PolicyLayer/policy.json").read_text("utf-8"))["categories"]


@pytest.mark.parametrize(("layer", "folder"), THIRD_PARTY.items())
def test_the_dependencies_are_those_that_the_tests_ran_with(built: Path, layer: str, folder: str) -> None:
    """Each package of the layer has the version of the development environment and of the lock file, no other."""
    shipped = packages(built, layer)
    developed = versions(ROOT / "requirements/dev.txt")
    assert shipped == versions(ROOT / f"layers/{folder}/requirements.txt")
    assert shipped == {name: developed[name] for name in shipped}


def test_botocore_knows_only_the_services_in_use(built: Path) -> None:
    """Descriptions of 400 other services would be nine tenths of the layer."""
    data = built / "DepsLayer/python/botocore/data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(OPERATIONS)
    assert {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"} == {
        path.name.removesuffix(".gz") for path in data.iterdir() if path.is_file()
    }


def test_no_tools_tests_or_documentation_pages_are_shipped(built: Path) -> None:
    """No console scripts, stubs, sources of C, Swagger page, or records of an installer."""
    shipped = [path.as_posix() for layer in LAYERS for path in files(built / layer)]
    assert not [path for path in shipped if UNWANTED.search(path)]


@pytest.mark.parametrize("layer", THIRD_PARTY)
def test_every_package_keeps_its_licence(built: Path, layer: str) -> None:
    """Whoever is handed the layer is handed the words that its packages ask for, and the names they go by."""
    found = list((built / layer / "python").glob("*.dist-info"))
    assert found
    for package in found:
        assert (package / "METADATA").is_file()
        assert [path for path in files(package) if LICENCES.search(path.name)], package.name


def test_compiled_code_is_for_the_machine_that_lambda_runs(built: Path, stack: Stack) -> None:
    """Every shared library is for the architecture and the Python minor version of the template."""
    properties = stack.properties("ApiFunction")
    libraries = [library for layer in THIRD_PARTY for library in (built / layer).rglob("*.so*")]
    assert len({library.relative_to(built).parts[0] for library in libraries}) == len(THIRD_PARTY)
    minor = properties["Runtime"].removeprefix("python").replace(".", "")
    for library in libraries:
        assert minor in library.name or library.parent.name == "pillow.libs", "what Pillow brings along is plain C"
        (machine,) = struct.unpack_from("<H", library.read_bytes(), 18)
        assert machine == ELF_MACHINES[properties["Architectures"][0]]


def test_the_layers_stay_small(built: Path) -> None:
    """Lambda fetches and unpacks them at every cold start: 25 MB as archives, without what makes results of pictures.

    Each has a bound of its own as well. Lambda's limit is 250 MiB unpacked. A third is byte code.
    """
    zipped = {layer: len(archived(built / layer)) for layer in LAYERS}
    assert {layer: size for layer, size in zipped.items() if size > ZIPPED[layer]} == {}
    assert sum(zipped.values()) - zipped["MediaLayer"] < 25 * MB
    assert sum((built / layer / path).stat().st_size for layer in LAYERS for path in files(built / layer)) < 60 * MB


@pytest.mark.parametrize(("choice", "parameter"), [("ARCH", "Arch"), ("PYV", "Py")])
def test_what_make_builds_by_default_is_what_the_template_deploys(stack: Stack, choice: str, parameter: str) -> None:
    """One default is not changed without the other."""
    (chosen,) = re.findall(rf"^{choice} := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert stack.template["Parameters"][parameter]["Default"].removeprefix("python") == chosen
