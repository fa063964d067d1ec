"""The table of template.yaml on moto, so that what the store relies on is what gets deployed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from botocore.session import Session
from moto import mock_aws

from portway.aws import clients
from tests.conftest import ENVIRONMENT, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "portway-test"
TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
CREATED_WITH = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


class _Template(yaml.SafeLoader):
    """Plain YAML; the intrinsic functions of other resources are of no interest here."""


def _nothing(loader: object, suffix: str, node: object) -> None:
    return None


_Template.add_multi_constructor("!", _nothing)


@cache
def template() -> dict[str, Any]:
    """template.yaml as plain YAML: what an intrinsic function would give is None."""
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text("utf-8"), _Template)
    return found


def table_properties() -> dict[str, Any]:
    properties: dict[str, Any] = template()["Resources"]["Table"]["Properties"]
    return properties


@cache
def session() -> Session:
    """One for all tests: it keeps the service models, which take longer to read than a test runs."""
    return own_session()


def own_session() -> Session:
    """One whose events nobody else hears."""
    made = Session()
    made.set_credentials(ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"])
    return made


@contextmanager
def moto_table() -> Iterator[DynamoDBClient]:
    """A client to moto in this process, with the table of the template."""
    with mock_aws():
        client = clients.dynamodb_client(session(), REGION)
        properties = table_properties()
        client.create_table(TableName=TABLE, **{name: properties[name] for name in CREATED_WITH})
        yield client
