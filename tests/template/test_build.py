"""What `make build` puts into the functions and layers, and that it runs."""

from __future__ import annotations

import json
import os
import platform
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from dev.transform import ROOT
from tests.template.stack import Stack

FUNCTIONS = ("ApiFunction", "ProcessFunction", "DeadLetterFunction", "DeriveFunction", "SweepFunction")
THIRD_PARTY = {"DepsLayer": "deps", "MediaLayer": "media"}
LAYERS = ("CoreLayer", *THIRD_PARTY, "PolicyLayer")
SCHEMAS = ("bom-1.6", "spdx", "jsf-0.82")
SERVICES = {"s3", "dynamodb", "events", "guardduty", "lambda", "secretsmanager", "sqs", "sts"}
MIB = 1 << 20
ELF_MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine, ELF specification
HOST = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"

STARTS = """
import json, sys
sys.path[:0] = sys.argv[1:]
import handler
import botocore, portway
event = json.load(sys.stdin)
class Context:
    function_name, memory_limit_in_mb, function_version = "f", 1024, "1"
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-central-1:123456789012:function:f", "id"
answer = handler.handler(event, Context()) if event else None
print(json.dumps({"answer": answer, "from": [botocore.__file__, portway.__file__]}))
"""


def build(folder: Path, *choices: str, **environment: str) -> Path:
    """`make build` into `folder`, as a developer runs it. What it said is in the error when it fails.

    The environments count as old enough (-o): a test must not renew the one that it runs in.
    """
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_"))}
    old = [part for name in (".venv", ".venv-sam", ".venv-checkov") for part in ("-o", f"{name}/.ready")]
    done = subprocess.run(
        ["make", *old, "build", f"ARTIFACTS={folder}", *choices],
        cwd=ROOT, env={**outside, **environment}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artefacts as they would be deployed."""
    return build(tmp_path_factory.mktemp("deployed"))


@pytest.fixture(scope="session")
def runnable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same artefacts for the machine and the Python of this test run."""
    return build(tmp_path_factory.mktemp("runnable"), f"ARCH={HOST}", f"PYV={MINOR}")


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


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_ships_its_handler_and_nothing_else(built: Path, function: str) -> None:
    """Kilobytes, so that a deployment of code alone is quick."""
    assert {path for path in files(built / function) if path.suffix != ".pyc"} == {Path("handler.py")}


def test_the_core_layer_is_the_package_without_leftovers(built: Path) -> None:
    """Every module of portway, and no test, cache, stub environment or file of another kind."""
    source = ROOT / "layers/core/python/portway"
    ours = {path for path in files(source) if path.suffix == ".py" or path.name == "py.typed"}
    shipped = built / "CoreLayer/python/portway"
    assert {path for path in files(shipped) if path.suffix != ".pyc"} == ours
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


def test_the_list_of_packages_is_what_is_shipped(built: Path) -> None:
    """sbom.cdx.json names each package of both layers with its version, address and licence, and no other."""
    listed = json.loads((built / "sbom.cdx.json").read_text("utf-8"))
    assert {each["name"]: each["version"] for each in listed["components"]} == packages(built, "DepsLayer") | packages(
        built, "MediaLayer"
    )
    for each in listed["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert each["licenses"], each["name"]


def test_the_list_of_packages_is_cyclonedx(built: Path) -> None:
    """Any tool that reads the standard's JSON reads ours; the schemas come with checkov's environment."""
    (folder,) = (ROOT / ".venv-checkov").glob("lib/python*/site-packages/cyclonedx/schema/_res")
    loaded = {name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text("utf-8")) for name in SCHEMAS}
    known = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema, DRAFT7)) for schema in loaded.values()
    )
    checker = Draft7Validator(loaded["bom-1.6"], registry=known)
    document = json.loads((built / "sbom.cdx.json").read_text("utf-8"))
    assert [error.message for error in checker.iter_errors(document)] == []
    assert list(checker.iter_errors({**document, "components": [{"name": "nameless"}]}))


def test_botocore_knows_only_the_services_in_use(built: Path) -> None:
    """Descriptions of 400 other services would be nine tenths of the layer."""
    data = built / "DepsLayer/python/botocore/data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == SERVICES
    assert {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"} <= {
        path.name.removesuffix(".gz") for path in data.iterdir()
    }


def test_no_tools_tests_or_documentation_pages_are_shipped(built: Path) -> None:
    """No console scripts, no Swagger page, no locks of the installer, nothing of the stack for developers."""
    shipped = [path.as_posix() for layer in LAYERS for path in files(built / layer)]
    assert not [path for path in shipped if re.search(r"(^|/)(bin|tests?|moto)/|swagger-ui|\.lock$", path)]


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
    """Lambda unpacks them at every cold start; the limit of a function is 250 MiB. A third is byte code."""
    sizes = {layer: sum((built / layer / path).stat().st_size for path in files(built / layer)) for layer in LAYERS}
    assert sizes["DepsLayer"] < 24 * MIB
    assert sizes["MediaLayer"] < 30 * MIB
    assert sizes["CoreLayer"] < 4 * MIB


def test_byte_code_is_shipped_and_needs_no_file_times(runnable: Path) -> None:
    """Unpacking changes file times; unchecked byte code is used all the same, and the first start is twice as fast.

    The interpreter of this test run certainly exists, so its artefacts certainly have byte code (PEP 552).
    """
    for layer in ("CoreLayer", *THIRD_PARTY, *FUNCTIONS):
        sources = {path for path in files(runnable / layer) if path.suffix == ".py"}
        compiled = [path for path in files(runnable / layer) if path.suffix == ".pyc"]
        assert len(compiled) >= len(sources) * 0.98, "a few files of packages are not meant to compile"
        flags = {struct.unpack_from("<I", (runnable / layer / path).read_bytes(), 4)[0] for path in compiled}
        assert flags == {0b01}


def start(folder: Path, function: str, event: object, stack: Stack) -> dict[str, object]:
    """Import the built handler as Lambda does, in a clean process, and hand it `event` if there is one."""
    variables = stack.properties(function)["Environment"]["Variables"]
    mounted = stack.properties(function)["Layers"]
    used = [layer for layer in ("CoreLayer", *THIRD_PARTY) if any(layer in str(each) for each in mounted)]
    layers = [str(folder / function), *(str(folder / layer / "python") for layer in used)]
    environment = {name: str(value) for name, value in variables.items()} | {
        "PATH": os.defpath,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "PORTWAY_POLICY_FILE": str(folder / "PolicyLayer/policy.json"),
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", STARTS, *layers],
        input=json.dumps(event), env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert all(str(path).startswith(str(folder)) for path in result["from"])  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_built_function_starts_from_its_artefacts_alone(runnable: Path, stack: Stack, function: str) -> None:
    """With the template's environment and nothing else installed: handler, clients and policy are complete."""
    start(runnable, function, None, stack)


def test_the_built_api_answers(runnable: Path, stack: Stack) -> None:
    """A path that nobody knows is a clean 404, made by the router inside the artefact."""
    event = json.loads((ROOT / "events/api_status.json").read_text("utf-8"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/v1/nowhere"
    answer = start(runnable, "ApiFunction", event, stack)["answer"]
    assert isinstance(answer, dict)
    assert answer["statusCode"] == 404


def test_a_second_build_needs_no_network(built: Path, tmp_path: Path) -> None:
    """Everything comes from the cache: the same packages, with every way out closed."""
    closed = "http://127.0.0.1:9"
    again = build(tmp_path, UV_OFFLINE="1", HTTPS_PROXY=closed, HTTP_PROXY=closed)
    assert set(files(again / "DepsLayer")) == set(files(built / "DepsLayer"))


@pytest.mark.parametrize(("choice", "parameter"), [("ARCH", "Arch"), ("PYV", "Py")])
def test_what_make_builds_by_default_is_what_the_template_deploys(stack: Stack, choice: str, parameter: str) -> None:
    """One default is not changed without the other."""
    (chosen,) = re.findall(rf"^{choice} := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert stack.template["Parameters"][parameter]["Default"].removeprefix("python") == chosen
