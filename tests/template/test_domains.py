"""A domain of one's own for the API: complete or refused, and told by the outputs."""

from __future__ import annotations

import pytest

from dev.everything import CERTIFICATE, EVERYTHING
from dev.provision.properties import Refused
from tests.template.stack import Stack, deployed


def test_without_a_domain_nothing_of_it_is_there(stack: Stack) -> None:
    """The API is where the gateway has it, and no record is asked for."""
    assert not stack.of_type("AWS::ApiGatewayV2::DomainName")
    assert not stack.of_type("AWS::ApiGatewayV2::ApiMapping")
    assert not {name for name in stack.outputs() if name.endswith("DnsTarget")}


def test_a_domain_leads_to_the_stage(full: Stack) -> None:
    """Over TLS 1.2 and nothing older, at the root of the domain; the outputs tell the address and the record."""
    domain, mapping = full.properties("ApiDomainName"), full.properties("ApiDomainMapping")
    (configuration,) = domain["DomainNameConfigurations"]
    assert domain["DomainName"] == "api.example.com"
    assert configuration == {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    assert mapping == {"ApiId": "HttpApi", "DomainName": "api.example.com", "Stage": "$default"}
    outputs = full.outputs()
    assert outputs["ApiUrl"] == "https://api.example.com"
    assert outputs["ApiDnsTarget"] == full.named("ApiDomainName").attributes["RegionalDomainName"]


@pytest.mark.parametrize("name", ["Api", "Page", "Files"])
@pytest.mark.parametrize("missing", ["Domain", "Certificate"])
def test_half_a_domain_is_refused(name: str, missing: str) -> None:
    """Before anything is created, and naming what belongs together."""
    with pytest.raises(Refused, match=f"{name}Domain and {name}Certificate need each other"):
        deployed(**{**EVERYTHING, f"{name}{missing}": ""}).check_rules()


@pytest.mark.parametrize("name", ["Page", "Files"])
def test_a_domain_without_its_distribution_is_refused(name: str) -> None:
    """Whoever names a domain means that something is there."""
    with pytest.raises(Refused, match=f"{name}Domain is the name of the distribution that {name}Cdn makes"):
        deployed(**{**EVERYTHING, f"{name}Cdn": "false"}).check_rules()


def test_all_of_it_together_is_taken(full: Stack) -> None:
    """The rules let through what is complete."""
    full.check_rules()
