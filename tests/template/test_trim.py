"""What is left of botocore's descriptions of AWS in the layer: the operations that Portway calls, whole."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session

from dev.transform import ROOT
from dev.trim import CALLED_BY_BOTOCORE, OPERATIONS
from tests.template.calls import ASKS
from tests.template.trimmed import example, on, trimmed

CALLERS = ROOT / "layers/core/python/portway/aws"
"""The only home of botocore."""
BOTH = [(service, name) for service, names in OPERATIONS.items() for name in names]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trimmed(tmp_path_factory.mktemp("trimmed") / "data")


def model(service: str, *folders: str) -> ServiceModel:
    loader = Loader(extra_search_paths=list(folders), include_default_search_paths=not folders)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def described(shape: Shape | None) -> Any:
    """A shape with all that it consists of, without words; recursion ends at a name that came before."""

    def walk(each: Any, above: tuple[str, ...]) -> Any:
        if each is None or each.name in above:
            return each and each.name
        inner = (*above, each.name)
        members = {name: walk(member, inner) for name, member in getattr(each, "members", {}).items()}
        parts = [walk(getattr(each, part), inner) for part in ("member", "key", "value") if hasattr(each, part)]
        return [each.name, each.type_name, dict(each.metadata), dict(each.serialization), members, parts]

    return walk(shape, ())


def told(operation: OperationModel) -> Any:
    """Everything that is sent, and everything that is understood of an answer."""
    shapes = [operation.input_shape, operation.output_shape, *operation.error_shapes]
    return dict(operation.http), operation.auth, operation.http_checksum, [described(shape) for shape in shapes]


def files(folder: Path) -> Iterator[Path]:
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_the_table_names_what_is_called_and_nothing_else() -> None:
    """Every call that the roles are held against (tests/template/calls.py) is in the layer. A new one is added here
    and there, or its client knows no such method."""
    assert {name for names in OPERATIONS.values() for name in names} == set(ASKS) | CALLED_BY_BOTOCORE


def test_the_code_names_no_call_that_is_cut_away() -> None:
    """Also where no test comes by, or all of them do on the whole botocore: as a method, or by name for a paginator.
    Waiters are cut altogether."""
    names = {"get_waiter"}
    for service, kept in OPERATIONS.items():
        names |= {xform_name(name) for name in model(service).operation_names if name not in kept}
    nodes = [node for path in CALLERS.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    told = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    told |= {ast.unparse(node.args[0]).strip("'") for node in nodes if isinstance(node, ast.Call) and node.args}
    assert len(names) > 400
    assert told & names == set()
    assert {"update_item", "list_object_versions"} <= told


@pytest.mark.parametrize(("service", "operation"), BOTH, ids=lambda value: value)
def test_an_operation_is_left_whole(left: Path, service: str, operation: str) -> None:
    """Its input, output and errors are described as botocore describes them, down to the last member."""
    ours = model(service, str(left)).operation_model(operation)
    assert told(ours) == told(model(service).operation_model(operation))


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_service_is_found_where_it_was(left: Path, service: str) -> None:
    """In every region: the rules of its endpoints, its signing name and protocol are kept."""
    ours, whole = on(left, Session()), Session()
    regions = whole.get_available_regions(service)
    assert ours.get_available_regions(service) == regions
    for region in (*regions[::9], "us-east-1", "cn-north-1", "us-gov-west-1"):
        mine, theirs = (each.create_client(service, region_name=region).meta for each in (ours, whole))
        assert mine.endpoint_url == theirs.endpoint_url
        assert mine.service_model.metadata == theirs.service_model.metadata
        assert mine.service_model.client_context_parameters == theirs.service_model.client_context_parameters


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_request_finds_its_endpoint(left: Path, service: str) -> None:
    """What the rules of endpoints ask of a client is described, or the first call would end with a KeyError."""
    assert model(service, str(left)).client_context_parameters == model(service).client_context_parameters


def test_nothing_else_is_left(left: Path) -> None:
    """Less than half a megabyte of eighteen: no other service, no older version, no words for people."""
    assert {path.parts[0] for path in files(left) if len(path.parts) > 1} == set(OPERATIONS)
    assert sum((left / path).stat().st_size for path in files(left)) < 400_000
    for service in OPERATIONS:
        (version,) = (left / service).iterdir()
        described = json.loads((version / "service-2.json").read_text("utf-8"))
        assert not [name for name, shape in described["shapes"].items() if isinstance(shape.get("documentation"), str)]


class Sent(Exception):
    """A request would go out now. The message is who signed it."""


@pytest.mark.parametrize(("service", "operation"), BOTH, ids=lambda value: value)
def test_an_operation_can_be_called(left: Path, service: str, operation: str) -> None:
    """From its arguments to the signed request, over the rules of endpoints: nothing that is read is gone."""
    session = on(left, Session())
    client: Any = session.create_client(service, region_name="eu-central-1", config=Config(parameter_validation=False))

    def sent(request: AWSPreparedRequest, **_: Any) -> None:
        raise Sent(request.headers["Authorization"])

    client.meta.events.register_first("before-send", sent)
    shape = client.meta.service_model.operation_model(operation).input_shape
    with pytest.raises(Sent, match="AWS4-HMAC-SHA256"):
        getattr(client, xform_name(operation))(**example(shape))
