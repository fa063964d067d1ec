"""What `make deploy` looks at before it builds: each check is well on an account that is, and tells what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from dev.deploying.looking import BOOTSTRAP, CHECKS, Level, Line, Place, lines
from tests.deploying.account import DISCOVERY, ISSUER, REGION, Account, Issuer, account, environment, place

WELL_KNOWN = f"{ISSUER}.well-known/openid-configuration"


@pytest.fixture
def here() -> Iterator[Account]:
    with account() as made:
        yield made


def looked(place: Place) -> dict[str, Line]:
    return {line.check: line for line in lines(place)}


def failing(place: Place) -> set[str]:
    return {name for name, line in looked(place).items() if line.level is Level.FAIL}


def test_an_account_that_is_ready_is_told_so(here: Account) -> None:
    """Who deploys, where to, and what will be made."""
    found = looked(place(here))
    assert {line.level for line in found.values()} == {Level.OK}
    assert found.keys() == {check.name for check in CHECKS}
    assert "account 123456789012" in found["credentials"].words
    assert found["stack"].words == "is created"
    assert BOOTSTRAP in found["code"].words


def test_without_credentials_nothing_of_the_account_is_looked_at(here: Account) -> None:
    """One cause is one line, with what to do about it; the issuer is asked all the same."""

    class Nobody(Account):
        def client(self, service: str, region_name: str | None = None) -> Any:
            raise NoCredentialsError

    found = looked(place(Nobody()))
    assert found.keys() == {"settings", "region", "credentials", "issuer", "page"}
    assert found["credentials"].level is Level.FAIL
    assert "aws sso login" in found["credentials"].words


def test_a_region_is_needed_from_somewhere(here: Account) -> None:
    """That of samconfig.toml goes before that of the session."""
    here.region_name = None
    assert failing(place(here, environment(region=None))) == {"region"}
    here.region_name = "eu-west-1"
    assert looked(place(here, environment(region=None)))["region"].words == "eu-west-1"
    assert looked(place(here))["region"].words == REGION


def test_what_is_not_filled_in_is_listed(here: Account) -> None:
    """All at once, with the way out; the issuer of an example is not asked."""
    found = looked(place(here, environment(Issuer="https://id.example.com/", AllowedOrigins="*")))
    assert found["settings"].level is Level.FAIL
    assert all(name in found["settings"].words for name in ("Issuer", "AllowedOrigins", "run this in a terminal"))
    assert "issuer" not in found


def test_a_parameter_that_the_template_does_not_know_is_told(here: Account) -> None:
    """A slip in samconfig.toml does not become a value that nobody reads."""
    found = looked(place(here, environment(LogDay="7")))["settings"]
    assert (found.level, "LogDay" in found.words) == (Level.FAIL, True)


@pytest.mark.parametrize("value", ["https://a.team.dev, https://b.team.dev", ""])
def test_a_value_that_sam_would_cut_is_told(here: Account, value: str) -> None:
    """sam reads `a, b` as `a,` without a word: pages of the second origin would be shut out."""
    found = looked(place(here, environment(PageConnects=value)))["settings"]
    assert (found.level, "PageConnects" in found.words) == (Level.FAIL, True)
    quoted = environment(PageConnects='"https://a.team.dev, https://b.team.dev"')
    assert looked(place(here, quoted))["settings"].level is Level.OK


@pytest.mark.parametrize(("documents", "level", "words"), [
    (None, Level.WARN, "does not answer"),
    ({}, Level.FAIL, "answers 404"),
    ({WELL_KNOWN: {**DISCOVERY, "issuer": ISSUER.rstrip("/")}}, Level.FAIL, "each letter counts"),
    ({WELL_KNOWN: {"issuer": ISSUER}}, Level.FAIL, "no jwks_uri"),
])  # fmt: skip
def test_the_issuer_must_be_who_it_says(
    here: Account, documents: dict[str, Any] | None, level: Level, words: str
) -> None:
    """A slash too few makes every token a 401. That it cannot be reached from here is a warning: AWS may reach it."""
    found = looked(place(here, issuer=Issuer(documents)))["issuer"]
    assert (found.level, words in found.words) == (level, True), found


def test_a_page_that_could_not_sign_anybody_in_is_told(here: Account) -> None:
    """Its Content-Security-Policy names whom it may ask; Cognito gives tokens at another host than the issuer's."""
    about = {**DISCOVERY, "token_endpoint": "https://team.auth.eu-central-1.amazoncognito.com/oauth2/token"}
    cognito, chosen = Issuer({WELL_KNOWN: about}), {"PageCdn": "true"}
    first = looked(place(here, environment({"client_id": "page"}, **chosen), cognito))["page"]
    assert (first.level, "Add it to PageConnects" in first.words) == (Level.FAIL, True), first
    chosen["PageConnects"] = "https://team.auth.eu-central-1.amazoncognito.com"
    assert looked(place(here, environment({"client_id": "page"}, **chosen), cognito))["page"].level is Level.OK
    del chosen["PageConnects"]
    assert looked(place(here, environment({"client_id": "page"}, **chosen)))["page"].level is Level.OK
    assert looked(place(here, environment({"client_id": "page"}, **chosen), Issuer(None)))["page"].level is Level.WARN


@pytest.mark.parametrize(("status", "words", "is_well"), [
    ("UPDATE_COMPLETE", "UPDATE_COMPLETE", True), ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", True),
    ("REVIEW_IN_PROGRESS", "is created", True), ("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE. Its first", False),
    ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback", False), ("UPDATE_IN_PROGRESS", "wait for the end", False),
    ("DELETE_FAILED", "make remove again", False),
])  # fmt: skip
def test_a_stack_that_takes_no_deployment_is_told(here: Account, status: str, words: str, is_well: bool) -> None:
    """Before a build of minutes, with the way out of the state it is in."""
    here.stack(ApiUrl="https://x")

    class There(Account):
        def client(self, service: str, region_name: str | None = None) -> Any:
            client = super().client(service, region_name)
            if service == "cloudformation":
                inner = client.describe_stacks

                def describe_stacks(StackName: str) -> Any:  # noqa: N803 - as boto3 spells it
                    found = inner(StackName=StackName)
                    found["Stacks"][0]["StackStatus"] = status
                    return found

                client.describe_stacks = describe_stacks
            return client

    found = looked(place(There()))["stack"]
    assert (found.level is Level.OK, words in found.words) == (is_well, True), found


def test_a_bus_of_another_stack_is_told(here: Account) -> None:
    """Two stacks with one BusName: the second would fail in the middle and roll back."""
    here.client("events").create_event_bus(Name="portway-dev")
    assert failing(place(here)) == {"bus"}
    here.stack()
    assert failing(place(here)) == set()


def test_a_new_account_is_told_of_its_ten_executions(here: Account) -> None:
    """A warning with what to ask for: the deployment goes on, requests would be refused under load."""
    here.free = 10
    found = looked(place(here))["concurrency"]
    assert (found.level, "10 executions at a time are free, 25 are wanted" in found.words) == (Level.WARN, True)
    small = environment(ProcessConcurrency="2", DeriveConcurrency="2")
    here.free = 14
    assert looked(place(here, small))["concurrency"].level is Level.OK


def test_the_bucket_for_code_is_named_once_it_is_there(here: Account) -> None:
    """What sam makes by itself at the first deployment."""
    sam = here.client("cloudformation")
    template = '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"SourceBucket": {"Value": {"Ref": "B"}}}}'
    sam.create_stack(StackName=BOOTSTRAP, TemplateBody=template)
    assert looked(place(here))["code"].words.startswith("goes to ")


def test_certificates_must_be_there_and_issued(here: Account) -> None:
    """Of the stack's region for the API; one that waits for DNS makes a deployment hang for hours."""
    acm = here.client("acm")
    arn = acm.request_certificate(DomainName="api.team.dev", ValidationMethod="DNS")["CertificateArn"]
    chosen = environment(ApiDomain="api.team.dev", ApiCertificate=arn)
    first = looked(place(here, chosen))["certificates"]
    assert (first.level, "PENDING_VALIDATION" in first.words) == (Level.FAIL, True), first
    elsewhere = arn.replace(REGION, "eu-west-1")
    second = looked(place(here, environment(ApiDomain="api.team.dev", ApiCertificate=elsewhere)))["certificates"]
    assert (second.level, f"no certificate of {REGION}" in second.words) == (Level.FAIL, True), second


def test_rights_that_are_missing_are_told_from_credentials_that_are(here: Account) -> None:
    """AccessDenied names the policy to attach; where the check is a courtesy, it does not stop the deployment."""

    class Limited(Account):
        def client(self, service: str, region_name: str | None = None) -> Any:
            if service in ("lambda", "events"):
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Get")
            return super().client(service, region_name)

    found = looked(place(Limited()))
    assert (found["concurrency"].level, found["bus"].level) == (Level.WARN, Level.FAIL), "a courtesy stops nothing"
    assert all("examples/deployer" in found[name].words for name in ("concurrency", "bus"))


def test_a_session_without_region_uses_that_of_the_environment(here: Account) -> None:
    """`region` of samconfig.toml is where everything is looked for."""
    bare = replace(place(here), session=Account(region_name=None))
    assert looked(bare)["region"].words == REGION
