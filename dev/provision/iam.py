"""Roles: noted down with their policies, for the S3 endpoint to judge by. Other services do not ask here."""

from __future__ import annotations

from dev.provision.plan import Role
from dev.provision.properties import Properties
from dev.provision.site import Site


def role(site: Site, properties: Properties) -> None:
    """Note down who may assume a role, and its own policies. Managed policies are nowhere to be read here."""
    properties.take("RoleName")
    properties.pass_over("Description", "Tags")
    site.plan.roles[properties.where] = Role(
        arn=site.name(properties.where).attributes["Arn"],
        trust=properties.need("AssumeRolePolicyDocument"),
        policies=properties.take("Policies", []),
    )


def role_policy(site: Site, properties: Properties) -> None:
    """One more policy for a role, written apart because it names what names the role."""
    wanted = properties.need("RoleName")
    (theirs,) = (made for made in site.plan.roles.values() if made.arn.endswith(f":role/{wanted}"))
    document = {"PolicyName": properties.need("PolicyName"), "PolicyDocument": properties.need("PolicyDocument")}
    theirs.policies.append(document)
