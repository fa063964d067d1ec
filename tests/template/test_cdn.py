"""CloudFront before the page and before published files: nothing by default, and no way around a signature."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dev.everything import EVERYTHING
from dev.front.pages import uploader
from dev.provision.names import Place
from dev.transform import ROOT
from portway import settings
from portway.presign import place_of
from tests.template.iam import Ask, allowed, denied
from tests.template.stack import PARAMETERS, PLACE, Stack, deployed

SIGNED_HEADERS = {"host"}
"""What a download URL signs besides path and query."""


def distribution(stack: Stack, name: str) -> dict[str, Any]:
    made: dict[str, Any] = stack.properties(f"{name}Distribution")["DistributionConfig"]
    return made


def security(stack: Stack, headers: str) -> dict[str, Any]:
    made = stack.properties(headers)["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert all(each["Override"] is True for each in made.values()), "what an object says must not count"
    return dict(made)


def sources(policy: str) -> dict[str, list[str]]:
    """Directive: what it allows."""
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";")) if words}


def test_by_default_there_is_no_cdn(stack: Stack) -> None:
    """Nothing of it is made, nothing costs, and URLs of files are the bucket's own."""
    assert not [name for name, made in stack.resources.items() if "CloudFront" in made["Type"]]
    assert "PageBucket" not in stack.resources
    assert stack.properties("ApiFunction")["Environment"]["Variables"]["PORTWAY_FILES_HOST"] == ""
    assert not {"PageUrl", "PageBucketName", "FilesUrl"} & stack.outputs().keys()


def test_each_cdn_comes_alone() -> None:
    """A page without a CDN for files, and the other way round."""
    page, files = deployed(PageCdn="true"), deployed(FilesCdn="true")
    assert page.of_type("AWS::CloudFront::Distribution").keys() == {"PageDistribution"}
    assert files.of_type("AWS::CloudFront::Distribution").keys() == {"FilesDistribution"}
    assert page.outputs()["PageUrl"] == "https://portway-pagedistribution.cloudfront.net"
    assert files.outputs()["FilesUrl"] == "https://portway-filesdistribution.cloudfront.net"


@pytest.mark.parametrize("name", ["Page", "Files"])
def test_nobody_is_served_without_tls(full: Stack, name: str) -> None:
    """By the domain of one's own with TLS 1.2, and never in the clear."""
    made = distribution(full, name)
    assert made["Aliases"] == [EVERYTHING[f"{name}Domain"]]
    assert made["ViewerCertificate"] == {
        "AcmCertificateArn": EVERYTHING[f"{name}Certificate"],
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    plain = distribution(deployed(PageCdn="true", FilesCdn="true"), name)
    assert plain["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert "Aliases" not in plain
    for behaviour in (made["DefaultCacheBehavior"], *made.get("CacheBehaviors", [])):
        assert behaviour["ViewerProtocolPolicy"] in ("redirect-to-https", "https-only")
        assert set(behaviour["AllowedMethods"]) <= {"GET", "HEAD", "OPTIONS"}


def test_only_the_distribution_reads_the_bucket_of_the_page(full: Stack) -> None:
    """Through its origin access control; no other distribution, service or person, and nobody writes by the policy."""
    policy, bucket = full.policy("PageBucketPolicy"), full.arn("PageBucket")
    ours = f"arn:aws:cloudfront::123456789012:distribution/{full.named('PageDistribution').ref}"

    def may(action: str, source: str = ours, service: str = "cloudfront.amazonaws.com") -> bool:
        return allowed(policy, Ask(action, f"{bucket}/index.html", {"aws:SourceArn": source}, service))

    assert may("s3:GetObject")
    assert not may("s3:GetObject", source=ours.replace("PageDistribution", "another"))
    assert not may("s3:GetObject", service="lambda.amazonaws.com")
    assert not may("s3:PutObject")
    (origin,) = distribution(full, "Page")["Origins"]
    assert origin["OriginAccessControlId"] == full.named("PageAccess").ref
    assert origin["DomainName"] == full.named("PageBucket").attributes["RegionalDomainName"]
    access = full.properties("PageAccess")["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")


def test_the_page_comes_under_the_policy_that_it_is_tested_with(full: Stack, tmp_path: Path) -> None:
    """That of the local stack, where browsers run it, and of the documentation, but for where it may connect to."""
    (tmp_path / "index.html").touch()
    site = {"s3": "http://s3", "api": "http://api", "tokens": {"owner": "token"}}
    show: Any = uploader(site, [], tmp_path)[0].handler
    tested = sources(asyncio.run(show(None)).headers["content-security-policy"])
    page = (ROOT / "docs/clients/page.md").read_text("utf-8")
    (told,) = re.findall(r"^Content-Security-Policy: (.*?)^X-", page, re.MULTILINE | re.DOTALL)
    documented = sources(told)
    assert tested.pop("connect-src") == ["'self'", "http://s3"]
    assert documented.pop("connect-src")[0] == "'self'"
    incoming = place_of(full.named("IncomingBucket").ref, PLACE.region).origin
    for headers in ("PageHeaders", "PageAssetHeaders"):
        made = security(full, headers)
        policy = sources(made["ContentSecurityPolicy"]["ContentSecurityPolicy"])
        assert policy.pop("connect-src") == ["'self'", "https://api.example.com", incoming, "https://id.example.com"]
        assert policy == tested == documented
        assert made["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
        assert "ContentTypeOptions" in made


def test_the_page_may_connect_to_what_a_deployment_adds() -> None:
    """The token endpoint of a provider is often not where its issuer is."""
    stack = deployed(PageCdn="true", PageConnects="https://login.example.com,https://b.example.com")
    policy = sources(security(stack, "PageHeaders")["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    api = stack.outputs()["ApiUrl"]
    assert policy["connect-src"][1] == api
    assert policy["connect-src"][-2:] == ["https://login.example.com", "https://b.example.com"]


def test_a_new_page_is_seen_at_once_and_its_parts_are_kept(full: Stack) -> None:
    """Whatever the one who puts it there says, and without an invalidation: names under assets/ change with their
    content, all else is kept for a second at most."""
    made = distribution(full, "Page")
    (assets,) = made["CacheBehaviors"]
    said = {}
    for name in ("PageHeaders", "PageAssetHeaders"):
        items = full.properties(name)["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
        said[full.named(name).ref] = {each["Header"]: each["Value"] for each in items}
    assert assets["PathPattern"] == "assets/*"
    default = made["DefaultCacheBehavior"]
    assert said[default["ResponseHeadersPolicyId"]] == {"Cache-Control": "no-cache"}
    assert said[assets["ResponseHeadersPolicyId"]] == {"Cache-Control": "public, max-age=31536000, immutable"}
    assert default["CachePolicyId"] == full.named("PageCache").ref
    assert full.properties("PageCache")["CachePolicyConfig"]["MaxTTL"] <= 1
    assert made["DefaultRootObject"] == "index.html"
    assert (default["Compress"], assets["Compress"]) == (True, True)
    assert made["HttpVersion"] == "http2and3"


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_a_url_signed_for_the_bucket_works_through_the_distribution(region: str) -> None:
    """S3 sees the host, path and query that were signed: the origin is that very host, and the query goes along."""
    place = Place(PLACE.stack, region, PLACE.queues_url)
    stack = Stack({**PARAMETERS, **EVERYTHING}, place)
    (origin,) = distribution(stack, "Files")["Origins"]
    assert origin["DomainName"] == place_of(stack.named("PublishedBucket").ref, region).host
    assert "OriginPath" not in origin
    handed_on = stack.properties("FilesCache")["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert handed_on["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    forwarded = {name.lower() for name in handed_on["HeadersConfig"]["Headers"]}
    assert not forwarded & SIGNED_HEADERS
    variables = stack.properties("ApiFunction")["Environment"]["Variables"]
    read = settings.read({"AWS_REGION": region, **{name: str(value) for name, value in variables.items()}})
    assert read.files_host == "files.example.com"


def test_the_distribution_has_no_right_of_its_own_to_files(full: Stack) -> None:
    """So a request without a good signature gets from S3 what anybody gets: a refusal."""
    (origin,) = distribution(full, "Files")["Origins"]
    assert "OriginAccessControlId" not in origin
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    policy, file = full.policy("PublishedBucketPolicy"), f"{full.arn('PublishedBucket')}/files/a/b"
    service = "cloudfront.amazonaws.com"
    assert not allowed(policy, Ask("s3:GetObject", file, {}, service))
    signed = {"s3:signatureAge": "1000", "s3:authType": "REST-QUERY-STRING", "aws:SecureTransport": "true"}
    ours = {**signed, "aws:PrincipalArn": full.arn("DownloadSignerRole")}
    assert not denied(policy, Ask("s3:GetObjectVersion", file, ours))
    assert denied(policy, Ask("s3:GetObjectVersion", file, {**ours, "s3:signatureAge": "900001"}))


def test_no_answer_about_a_file_is_anybody_elses(full: Stack) -> None:
    """Kept under the whole query, signature included, for a second at most; refusals not at all."""
    cache = full.properties("FilesCache")["CachePolicyConfig"]
    assert (cache["MinTTL"], cache["DefaultTTL"], cache["MaxTTL"]) == (0, 0, 1)
    made = distribution(full, "Files")
    assert made["DefaultCacheBehavior"]["CachePolicyId"] == full.named("FilesCache").ref
    assert "CacheBehaviors" not in made
    kept = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in made["CustomErrorResponses"]}
    assert {400, 403, 404, 416, 500, 503} <= kept.keys()
    assert set(kept.values()) == {0}
    assert not {"ResponsePagePath", "ResponseCode"} & {name for each in made["CustomErrorResponses"] for name in each}


def test_a_file_comes_with_what_s3_cannot_say(full: Stack) -> None:
    """No guessing of types, and nothing in it runs, whatever slipped through; other origins read it as CORS says."""
    made = distribution(full, "Files")["DefaultCacheBehavior"]
    assert made["ResponseHeadersPolicyId"] == full.named("FilesHeaders").ref
    headers = security(full, "FilesHeaders")
    policy = sources(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["sandbox"] == [], "no exception from it"
    assert not {"script-src", "script-src-elem", "object-src", "frame-src", "connect-src"} & policy.keys()
    assert {"ContentTypeOptions", "StrictTransportSecurity", "ReferrerPolicy"} <= headers.keys()
    assert made["Compress"] is False, "lengths and checksums are those of the file"


def test_names_at_cloudfront_are_of_this_stack_alone(full: Stack) -> None:
    """They are for the whole account: stack and region are in them."""
    kinds = ("CachePolicy", "ResponseHeadersPolicy", "OriginAccessControl")
    named = [json.dumps(made) for kind in kinds for made in full.of_type(f"AWS::CloudFront::{kind}").values()]
    assert len(named) == 6
    assert all(f'"Name": "{PLACE.stack}-{PLACE.region}-' in each for each in named)
