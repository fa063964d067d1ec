"""What is looked at before anything is built: each check says in a line what it found, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dev.deploying.environments import Environment
from dev.deploying.questions import CERTIFICATE, is_on, missing, origin
from dev.issuer import NoIssuer, Unreached, discovered
from dev.stacks import Deployed, NoStack, deployed
from portway_client.transport import Transport

BOOTSTRAP = "aws-sam-cli-managed-default"
"""The stack with the bucket for code, which `sam deploy` makes once for each account and region (`resolve_s3`)."""
OTHERS = 10
"""Executions at a time that API, sweep and dead letter function want besides those that the parameters name."""
WHOLE = re.compile(r'[^\s"]+|"[^"]*"')
"""A value that `sam deploy --parameter-overrides` takes as it is written."""
CERTIFICATES = ("ApiCertificate", "PageCertificate", "FilesCertificate")


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Line:
    level: Level
    check: str
    words: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.check:<12}  {self.words}"


class Ill(Exception):
    """The words say what is wrong and what to do. With WARN the deployment goes on."""

    def __init__(self, words: str, level: Level = Level.FAIL) -> None:
        super().__init__(words)
        self.level = level


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is deployed: `session` is boto3's, `parameters` are the template's."""

    session: Any
    environment: Environment
    parameters: Mapping[str, Mapping[str, Any]]
    transport: Transport

    @property
    def region(self) -> str | None:
        found: str | None = self.environment.region or self.session.region_name
        return found

    def client(self, service: str, region: str | None = None) -> Any:
        return self.session.client(service, region_name=region or self.region)

    @property
    def chosen(self) -> dict[str, str]:
        return self.environment.chosen(self.parameters)

    def stack(self) -> Deployed | None:
        """None before the first deployment."""
        try:
            return deployed(self.client("cloudformation"), self.environment.stack)
        except NoStack:
            return None


def settings(place: Place) -> str:
    if wanting := [f"{question.name}: {why}" for question, why in missing(place.environment, place.parameters)]:
        words = f"[{place.environment.name}] of samconfig.toml: {'; '.join(wanting)}."
        raise Ill(f"{words} Edit it, or run this in a terminal: it asks.")
    if strangers := place.environment.overrides.keys() - place.parameters.keys():
        raise Ill(f"samconfig.toml sets {', '.join(sorted(strangers))}, which the template does not know.")
    if cut := [name for name, value in place.environment.overrides.items() if not WHOLE.fullmatch(value)]:
        raise Ill(f"{', '.join(cut)} in samconfig.toml: sam ends a value at a blank, and takes no empty one.")
    return f"{place.environment.stack}, {len(place.environment.overrides)} parameters"


def region(place: Place) -> str:
    if not place.region:
        raise Ill("none is set. Set AWS_REGION, or `region` beside parameter_overrides in samconfig.toml.")
    return place.region


def credentials(place: Place) -> str:
    who = place.client("sts").get_caller_identity()
    return f"account {who['Account']}, as {who['Arn']}"


def issuer(place: Place) -> str:
    """API Gateway asks it from AWS, and makes no authorizer without its answer: that nobody answers here proves little,
    that it is another one proves much."""
    name = place.chosen["Issuer"]
    try:
        about = discovered(place.transport, name)
    except Unreached as error:
        raise Ill(f"{error} API Gateway must reach it, or the deployment fails.", Level.WARN) from None
    except NoIssuer as error:
        raise Ill(str(error)) from None
    if not about.get("jwks_uri"):
        raise Ill(f"{name} names no jwks_uri: API Gateway finds no keys to verify tokens with.")
    return f"{name} says who it is, and where its keys are"


SIGN_IN = "Sign in: aws sso login, aws configure."
CURES = {
    "AccessDenied": "examples/deployer has the rights it takes.",
    "AuthFailure": SIGN_IN,
    "ExpiredToken": SIGN_IN,
    "InvalidClientTokenId": SIGN_IN,
    "Unable to locate credentials": SIGN_IN,
    "UnrecognizedClient": SIGN_IN,
    "could not be found": SIGN_IN,
    "has expired": SIGN_IN,
}
"""What helps against what AWS and boto3 say, by words of theirs."""
ADVICE = {
    "ROLLBACK_COMPLETE": "Its first deployment failed. Mend what its events say, make remove, deploy again.",
    "UPDATE_ROLLBACK_FAILED": "Mend what its events say, then: aws cloudformation continue-update-rollback.",
    "DELETE_FAILED": "It is half removed: see its events, make remove again.",
}


def stack(place: Place) -> str:
    found = place.stack()
    if found is None or found.status == "REVIEW_IN_PROGRESS":  # a first change set that nobody carried out
        return "is created"
    if found.status in ADVICE:
        raise Ill(f"{found.name} is in {found.status}. {ADVICE[found.status]}")
    if found.status.endswith("_IN_PROGRESS"):
        raise Ill(f"{found.name} is in {found.status}. Somebody is at it: wait for the end.")
    return f"{found.status}, is updated"


def bus(place: Place) -> str:
    """Its name is fixed: a second stack with the same one fails in the middle."""
    name = place.chosen["BusName"]
    events = place.client("events")
    try:
        events.describe_event_bus(Name=name)
    except events.exceptions.ResourceNotFoundException:
        return f"{name} is free"
    if place.stack() is None:
        raise Ill(f"there is a bus {name} already, of another stack. Set another BusName.")
    return f"{name}"


def code(place: Place) -> str:
    try:
        found = deployed(place.client("cloudformation"), BOOTSTRAP)
    except NoStack:
        return f"sam makes a bucket for it, once for the account and region (stack {BOOTSTRAP})"
    return f"goes to {found.output('SourceBucket')}"


def concurrency(place: Place) -> str:
    """New accounts have 10: the rest is throttled, and waits in queues or is told 503."""
    limit = place.client("lambda").get_account_settings()["AccountLimit"]
    free = int(limit["UnreservedConcurrentExecutions"])
    wanted = OTHERS + sum(int(place.chosen.get(name, 0)) for name in ("ProcessConcurrency", "DeriveConcurrency"))
    if free < wanted:
        raise Ill(
            f"{free} executions at a time are free, {wanted} are wanted: requests would be refused while files are "
            "inspected. Ask for more (Service Quotas, L-B99A9384), or lower ProcessConcurrency and DeriveConcurrency.",
            Level.WARN,
        )
    return f"{free} executions at a time are free, {wanted} are wanted"


def certificates(place: Place) -> str:
    named = {name: arn for name in CERTIFICATES if (arn := place.chosen.get(name))}
    for name, arn in named.items():
        home = CERTIFICATE.fullmatch(arn)
        if home is None or (name == "ApiCertificate" and home[1] != place.region):
            raise Ill(f"{name} is {arn}, and no certificate of {place.region}.")
        found = place.client("acm", home[1]).describe_certificate(CertificateArn=arn)["Certificate"]
        if found["Status"] != "ISSUED":
            raise Ill(f"{name} is {found['Status']}: add the DNS records that ACM shows, and wait for ISSUED.")
    return f"{len(named)} named, all issued" if named else "none is named: addresses of AWS"


def page(place: Place) -> str:
    """Its policy lets it ask the API, the bucket and the issuer's host only; Cognito gives tokens at another."""
    chosen = place.chosen
    if not is_on(chosen.get("PageCdn")):
        return "is not deployed (PageCdn)"
    try:
        endpoint = str(discovered(place.transport, chosen["Issuer"]).get("token_endpoint", ""))
    except NoIssuer:
        raise Ill("whether it can sign people in is not known: the issuer did not answer.", Level.WARN) from None
    asked, known = origin(endpoint), {origin(chosen["Issuer"]), *chosen.get("PageConnects", "").split(",")}
    if asked not in known:
        raise Ill(f"the issuer gives tokens at {asked}, which the page may not ask. Add it to PageConnects.")
    return f"people sign in at {asked}"


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` names what must be well before it can be looked at."""

    name: str
    look: Callable[[Place], str]
    needs: tuple[str, ...] = ()
    is_courtesy: bool = False
    """Without an answer the deployment goes on all the same."""


ACCOUNT = ("region", "credentials")
CHECKS = (
    Check("settings", settings),
    Check("region", region),
    Check("credentials", credentials, ("region",)),
    Check("issuer", issuer, ("settings",)),
    Check("page", page, ("settings", "issuer")),
    Check("stack", stack, ACCOUNT),
    Check("bus", bus, ACCOUNT),
    Check("code", code, ACCOUNT),
    Check("concurrency", concurrency, ACCOUNT, is_courtesy=True),
    Check("certificates", certificates, (*ACCOUNT, "settings"), is_courtesy=True),
)


def lines(place: Place) -> Iterator[Line]:
    """As they are known. What needs something that is not well is not looked at."""
    ill = set[str]()
    for check in CHECKS:
        if ill & set(check.needs):
            ill.add(check.name)
            continue
        line = _looked(check, place)
        if line.level is Level.FAIL:
            ill.add(check.name)
        yield line


def _looked(check: Check, place: Place) -> Line:
    try:
        return Line(Level.OK, check.name, check.look(place))
    except Ill as error:
        return Line(error.level, check.name, str(error))
    except (BotoCoreError, ClientError) as error:
        return Line(Level.WARN if check.is_courtesy else Level.FAIL, check.name, _told(str(error)))


def _told(error: str) -> str:
    """The first line of what AWS says, and what helps against it."""
    advice = next((advice for words, advice in CURES.items() if words in error), "")
    return f"{error.splitlines()[0].rstrip('.')}. {advice}".rstrip()
