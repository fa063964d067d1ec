"""Stacks as samconfig.toml and CloudFormation know them: their names, outputs, parameters."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from dev.config import ROOT

SAMCONFIG = ROOT / "samconfig.toml"


def session(region_name: str | None = None) -> Session:
    """As boto3 finds it, and by AWS_REGION, too: boto3 itself reads AWS_DEFAULT_REGION and profiles only."""
    return Session(region_name=region_name or os.environ.get("AWS_REGION") or None)


ADVICE: Mapping[type[Exception], str] = {
    NoRegionError: " Set AWS_REGION. The stack of make dev has none: make smoke STACK=local.",
    NoCredentialsError: ". Sign in: aws sso login, aws configure.",
}


def words(error: Exception) -> str:
    """What an error says, and what to do where botocore says only what it lacks."""
    return f"{error}{ADVICE.get(type(error), '')}"


class NoStack(Exception):
    """There is no such environment or stack. The words say what to do."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack that CloudFormation knows. `status` is its word, such as UPDATE_COMPLETE."""

    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, name: str) -> str:
        """Raises NoStack when this version of the template had none."""
        try:
            return self.outputs[name]
        except KeyError:
            raise NoStack(f"Stack {self.name} has no output {name}. Deploy this version first.") from None


def stack_of(environment: str, config: Path = SAMCONFIG) -> str:
    """The stack that `make deploy ENV=<environment>` deploys. Raises NoStack."""
    known = tomllib.loads(config.read_text("utf-8"))
    try:
        name: str = known[environment]["global"]["parameters"]["stack_name"]
    except KeyError:
        raise NoStack(f"{config.name} has no environment {environment} with a stack_name.") from None
    return name


def deployed(cloudformation: Any, name: str) -> Deployed:
    """What CloudFormation says of a stack. Raises NoStack; ClientError for all that is not its absence."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        region = cloudformation.meta.region_name
        words = f"There is no stack {name} in {region} of this account ({error.response['Error']['Message']})."
        raise NoStack(f"{words} Check the region and the credentials.") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    parameters = {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])}
    return Deployed(name, found["StackStatus"], outputs, parameters)
