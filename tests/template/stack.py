"""The template as a deployment would see it: transformed, parameters filled in, references replaced by names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dev.provision.intrinsics import Resolver
from dev.provision.names import Place, name_property, physical
from dev.provision.parameters import values
from dev.transform import ROOT, transformed

PLACE = Place("portway", "eu-central-1", "https://sqs.eu-central-1.amazonaws.com")
PARAMETERS = {
    "Issuer": "https://id.example.com/",
    "Audience": "portway",
    "AllowedOrigins": "https://www.example.com,https://app.example.com",
}

SHAPE = ("Rollout", "Release")
"""Parameters whose value the transform itself has to know."""
WRITTEN = ("AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Stage")
"""What has the name that the template writes; all else is called by its logical id here."""


class Stack:
    """Resources by logical id, with plain values."""

    def __init__(self, parameters: Mapping[str, str], place: Place = PLACE) -> None:
        self.place = place
        shape = {name: value for name, value in parameters.items() if name in SHAPE}
        self.template = transformed(ROOT / "template.yaml", shape)  # others stay references: the resolver fills them in
        chosen = values(self.template, parameters)
        self._resolver = Resolver(self.template, chosen, place.pseudo, lambda logical_id: self.named(logical_id))
        self.resources: Mapping[str, Any] = {
            name: made
            for name, made in self.template["Resources"].items()
            if "Condition" not in made or self._resolver.holds(made["Condition"])
        }

    def named(self, logical_id: str) -> Any:
        resource = self.resources[logical_id]
        name = self._resolver.value(name_property(resource)) if resource["Type"] in WRITTEN else None
        return physical(self.place, logical_id, resource["Type"], name)

    def arn(self, logical_id: str) -> str:
        return str(self.named(logical_id).attributes["Arn"])

    def properties(self, logical_id: str) -> dict[str, Any]:
        """What the resource is made with."""
        resolved: dict[str, Any] = self._resolver.value(self.resources[logical_id]["Properties"])
        return resolved

    def outputs(self) -> dict[str, Any]:
        """What a deployment tells, by name."""
        written = self.template["Outputs"].items()
        shown = {
            name: made for name, made in written if "Condition" not in made or self._resolver.holds(made["Condition"])
        }
        return {name: self._resolver.value(made["Value"]) for name, made in shown.items()}

    def check_rules(self) -> None:
        """Raises Refused, as CloudFormation does before it creates anything."""
        self._resolver.check_rules()

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is met."""
        return self._resolver.holds(condition)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id: properties, for every resource of one type."""
        return {name: self.properties(name) for name, resource in self.resources.items() if resource["Type"] == kind}

    def role(self, holder: str) -> list[dict[str, Any]]:
        """The statements of a role: a function's own (ApiFunction), or that of a signer (Signer)."""
        name = f"{holder}Role"
        apart = self.of_type("AWS::IAM::RolePolicy").values()
        policies = [
            *self.properties(name)["Policies"],
            *(one for one in apart if one["RoleName"] == self.named(name).ref),
        ]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def policy(self, logical_id: str) -> list[dict[str, Any]]:
        """The statements of a bucket's or queue's policy."""
        statements: list[dict[str, Any]] = self.properties(logical_id)["PolicyDocument"]["Statement"]
        return statements


@cache
def deployed(**parameters: str) -> Stack:
    """The stack with these parameters, the rest as a deployment must give them. Stacks are read, never changed."""
    return Stack({**PARAMETERS, **parameters})
