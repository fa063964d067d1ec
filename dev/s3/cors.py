"""A bucket's CORS rules: which origin may send what, and see what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dev.s3 import xml
from dev.s3.refused import Refused

METHODS = {"GET", "PUT", "POST", "DELETE", "HEAD"}
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@dataclass(frozen=True, slots=True)
class Rule:
    """One CORSRule; origins and headers may hold one `*`."""

    origins: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[str]
    exposed: Sequence[str]
    max_age: str

    def admits(self, origin: str, method: str, asked_headers: Sequence[str]) -> bool:
        return (
            method in self.methods
            and any(_matches(origin, pattern) for pattern in self.origins)
            and all(any(_matches(name, pattern.lower()) for pattern in self.headers) for name in asked_headers)
        )


def _matches(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]").replace("?", "[?]"))


def parse(body: bytes) -> tuple[Rule, ...]:
    """The rules of a PutBucketCors; Refused for XML that AWS would refuse."""
    rules = []
    for element in xml.parse(body, "CORSConfiguration").iterfind("CORSRule"):
        rule = Rule(
            origins=xml.texts(element, "AllowedOrigin"),
            methods=xml.texts(element, "AllowedMethod"),
            headers=xml.texts(element, "AllowedHeader"),
            exposed=xml.texts(element, "ExposeHeader"),
            max_age=xml.text(element, "MaxAgeSeconds"),
        )
        if wrong := set(rule.methods) - METHODS:
            message = f"Found unsupported HTTP method in CORS config. Unsupported method is {', '.join(sorted(wrong))}"
            raise Refused(400, "InvalidRequest", message)
        if not rule.origins or not rule.methods or any(value.count("*") > 1 for value in rule.origins):
            raise Refused(400, "InvalidRequest", "A rule needs methods, and origins with at most one * each.")
        rules.append(rule)
    if not rules:
        raise Refused(400, "MalformedXML", "The XML you provided did not validate: no CORSRule")
    return tuple(rules)


def answer_headers(rules: Sequence[Rule], origin: str, method: str) -> dict[str, str]:
    """What every answer carries, refusals too: nothing but Vary for an origin or method that no rule admits."""
    if not rules:
        return {}
    rule = next((rule for rule in rules if origin and rule.admits(origin, method, ())), None)
    return {"Vary": VARY, **(_allowed(rule, origin) if rule else {})}


def preflight_headers(rules: Sequence[Rule], request: Mapping[str, str]) -> dict[str, str]:
    """The headers of a good preflight; Refused AccessForbidden when no rule admits it."""
    origin, method = request.get("origin", ""), request.get("access-control-request-method", "")
    if not origin or not method:
        raise Refused(400, "BadRequest", "Insufficient information. Origin request header needed.")
    if not rules:
        raise Refused(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    asked = request.get("access-control-request-headers", "")
    names = [name.strip().lower() for name in asked.split(",") if name.strip()]
    rule = next((rule for rule in rules if rule.admits(origin, method, names)), None)
    if rule is None:
        message = (
            "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request "
            "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
            "resource's CORS spec."
        )
        raise Refused(403, "AccessForbidden", message)
    headers = {"Vary": VARY, **_allowed(rule, origin)}
    if names:
        headers["Access-Control-Allow-Headers"] = ", ".join(names)
    if rule.max_age:
        headers["Access-Control-Max-Age"] = rule.max_age
    return headers


def _allowed(rule: Rule, origin: str) -> dict[str, str]:
    everybody = "*" in rule.origins
    headers = {
        "Access-Control-Allow-Origin": "*" if everybody else origin,
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
    }
    if not everybody:
        headers["Access-Control-Allow-Credentials"] = "true"
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    return headers
