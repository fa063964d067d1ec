"""What only the team can say before its first deployment: whose tokens, which pages, which addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from dev.deploying.environments import Environment

Answers = Mapping[str, str]
CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/.+")
EXAMPLE = re.compile(r"(^|[/.@])example\.(com|org|net)\b|\.example\b")
CLOUDFRONT_REGION = "us-east-1"
"""Where CloudFront looks for certificates, wherever the stack is."""
OFF = ("", "off", "false", "no")


def is_on(value: str | None) -> bool:
    return (value or "").lower() not in OFF


def origin(url: str) -> str:
    """Scheme, host and port."""
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def address(value: str) -> str | None:
    place = urlsplit(value)
    if place.scheme != "https" or not place.hostname or place.query or place.fragment:
        return f"{value!r} is no address that begins with https://"
    return None


def origins(value: str) -> str | None:
    for each in value.split(","):
        place = urlsplit(each.strip())
        is_here = place.hostname in ("localhost", "127.0.0.1")
        if place.scheme != "https" and not (place.scheme == "http" and is_here):
            return f"{each!r} does not begin with https://"
        if not place.hostname or place.path or place.query or "*" in each:
            return f"{each!r} is no origin: scheme, host and port, no path, no wildcard"
    return None


def some(value: str) -> str | None:
    return None if value and not re.search(r"\s", value) else "it is empty or holds blanks"


def host(value: str) -> str | None:
    return None if re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", value) else f"{value!r} is no name of a host"


def certificate(value: str) -> str | None:
    return None if CERTIFICATE.fullmatch(value) else f"{value!r} is no ARN of a certificate of ACM"


def of_cloudfront(value: str) -> str | None:
    found = CERTIFICATE.fullmatch(value)
    if found and found[1] != CLOUDFRONT_REGION:
        return f"it is of {found[1]}, CloudFront takes certificates of {CLOUDFRONT_REGION} only"
    return certificate(value)


@dataclass(frozen=True, slots=True)
class Question:
    """`name` is a parameter of the template, or with `is_of_page` a key of the page's section. `fault` says what is
    wrong with an answer; without `is_needed` none will do. It is asked if `when` holds for what is known by then."""

    name: str
    words: str
    fault: Callable[[str], str | None]
    is_needed: bool = True
    when: Callable[[Answers], bool] = lambda _: True
    is_of_page: bool = False


def _on(*names: str) -> Callable[[Answers], bool]:
    return lambda answers: all(is_on(answers.get(name)) for name in names)


QUESTIONS = (
    Question("Issuer", "Whose tokens are accepted (the claim iss, each letter counts)?", address),
    Question("Audience", "For whom must they be (claim aud; with Cognito ids of app clients; comma-separated)?", some),
    Question("AllowedOrigins", "Origins of the pages that send files (https://…, comma-separated)?", origins),
    Question("ApiDomain", "A name of your own for the API (empty: API Gateway's)?", host, is_needed=False),
    Question("ApiCertificate", "ARN of its certificate, of the stack's region?", certificate, when=_on("ApiDomain")),
    Question("PageDomain", "A name of your own for the page (empty: CloudFront's)?", host, False, _on("PageCdn")),
    Question(
        "PageCertificate", "ARN of its certificate, of us-east-1?", of_cloudfront, when=_on("PageCdn", "PageDomain")
    ),
    Question("client_id", "Client id of the page at the issuer?", some, when=_on("PageCdn"), is_of_page=True),
    Question("FilesDomain", "A name of your own for files (empty: CloudFront's)?", host, False, _on("FilesCdn")),
    Question(
        "FilesCertificate", "ARN of its certificate, of us-east-1?", of_cloudfront, when=_on("FilesCdn", "FilesDomain")
    ),
)
SWITCHES = {
    "PageCdn": "Put the uploader page on S3 and CloudFront?",
    "FilesCdn": "Serve published files through CloudFront?",
}


def missing(environment: Environment, parameters: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[Question, str]]:
    """What has to be answered before this can be deployed, and why."""
    known = environment.known(parameters)
    for question in QUESTIONS:
        is_there = question.is_of_page or question.name in parameters
        if is_there and question.when(known) and (why := _fault(question, known.get(question.name, ""))):
            yield question, why


def _fault(question: Question, value: str) -> str | None:
    if not value:
        return "it is not set" if question.is_needed else None
    if any(EXAMPLE.search(each.strip()) for each in value.split(",")):
        return f"{value} is an example"
    return question.fault(value)
