"""The HTTP API lets nobody in without a token, and browsers only from named origins."""

from __future__ import annotations

import json
import re

import pytest

from dev.provision.properties import NotLocal
from portway.protocols import native_by_token
from tests.template.stack import PARAMETERS, Stack, deployed


def test_every_route_but_the_preflight_asks_for_a_token(stack: Stack) -> None:
    """A new route without an authorizer fails here. Only those of an upload's own token ask for no JWT."""
    routes = {made["RouteKey"]: made for made in stack.of_type("AWS::ApiGatewayV2::Route").values()}
    assert {key: made["AuthorizationType"] for key, made in routes.items()} == {
        "ANY /v1/{proxy+}": "JWT",
        "OPTIONS /v1/{proxy+}": "NONE",
        **{f"{method} {path}": "NONE" for method, path, *_ in native_by_token.ROUTES},
    }
    assert "AuthorizerId" in routes["ANY /v1/{proxy+}"]
    assert len({made["Target"] for made in routes.values()}) == 1


def test_the_routes_without_a_jwt_are_written_out(stack: Stack) -> None:
    """No variable in their paths, so that nothing but exactly these addresses reaches the function without a JWT."""
    opened = [made["RouteKey"] for made in stack.of_type("AWS::ApiGatewayV2::Route").values()
              if made["AuthorizationType"] == "NONE" and not made["RouteKey"].startswith("OPTIONS ")]  # fmt: skip
    assert opened
    assert not [key for key in opened if not re.fullmatch(r"(GET|POST) /v1/capability(/[a-z]+)?", key)]


def test_tokens_are_checked_against_the_issuer_and_audience_of_the_deployment(stack: Stack) -> None:
    """The gateway verifies the token from the Authorization header before any code of ours runs."""
    (authorizer,) = stack.of_type("AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example.com/", "Audience": ["portway"]}


def test_browsers_may_call_from_named_origins_with_the_headers_of_the_wire_contract(stack: Stack) -> None:
    """Preflights are answered by the gateway; no cookies, so a foreign page has nothing to ride on."""
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    assert api["CorsConfiguration"] == {
        "AllowOrigins": ["https://www.example.com", "https://app.example.com"],
        "AllowMethods": ["GET", "POST", "DELETE", "OPTIONS"],
        "AllowHeaders": ["authorization", "content-type", "idempotency-key"],
        "ExposeHeaders": ["retry-after", "location"],
        "MaxAge": 3000,
    }


def test_the_access_log_holds_no_token_and_no_signature(stack: Stack) -> None:
    """Neither the query string nor the Authorization header is ever written to the log."""
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert set(line.values()) == {
        "$context.requestTimeEpoch",
        "$context.requestId",
        "$context.httpMethod",
        "$context.path",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.authorizer.error",
        "$context.error.message",
    }
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000}


def test_the_api_gives_up_before_the_gateway_does(stack: Stack) -> None:
    """Within 29 seconds the function answers or is stopped, so a client always gets our answer or one clear 503."""
    assert stack.properties("ApiFunction")["Timeout"] < 30


def test_only_this_api_may_start_the_function(stack: Stack) -> None:
    """The permission names the API and the /v1 paths."""
    (permission,) = stack.of_type("AWS::Lambda::Permission").values()
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"].endswith(":HttpApi/*/*/v1/*")
    assert permission["FunctionName"] == stack.named("ApiFunctionAliaslive").ref


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UrlSeconds", "60"),
        ("UrlSeconds", "3601"),
        ("UrlSeconds", "9e2"),
        ("MaxSessionDays", "0"),
        ("MaxSessionDays", "8"),
        ("SessionHours", "0"),
        ("SignatureBurst", "9999"),
        ("SweepMinutes", "1"),
        ("LogLevel", "DEBUG"),
        ("Issuer", "id.example.com"),
        ("Py", "python3.10"),
        ("Rollout", "Canary50Percent1Minute"),
        ("SnapStart", "Always"),
        ("PageCdn", "yes"),
        ("ApiDomain", "https://api.example.com"),
        ("FilesDomain", "files"),
        ("PageCertificate", "arn:aws:acm:eu-central-1:123456789012:certificate/0"),
        ("Release", "latest"),
        ("BusName", "two words"),
    ],
)
def test_a_deployment_with_a_harmful_parameter_is_refused(name: str, value: str) -> None:
    """Before anything is created, and naming the parameter."""
    with pytest.raises(NotLocal, match=name):
        deployed(**{name: value})


@pytest.mark.parametrize("name", PARAMETERS)
def test_whoever_deploys_must_say_who_issues_tokens_and_which_origins_may_call(stack: Stack, name: str) -> None:
    """There is no default that would let the wrong people in."""
    assert "Default" not in stack.template["Parameters"][name]


def test_origins_may_not_be_a_wildcard(stack: Stack) -> None:
    """CloudFormation refuses `*` before it creates anything."""
    (assertion,) = stack.template["Rules"]["OriginsAreNamed"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Contains": [{"Ref": "AllowedOrigins"}, "*"]}]}


def test_the_outputs_tell_where_everything_is(stack: Stack) -> None:
    """After a deployment the URL of the API, both buckets, the table, the bus and the queues can be read off."""
    outputs = stack.outputs()
    assert outputs["ApiUrl"] == "https://HttpApi.execute-api.eu-central-1.amazonaws.com"
    assert outputs["IncomingBucketName"] == stack.named("IncomingBucket").ref
    assert outputs["PublishedBucketName"] == stack.named("PublishedBucket").ref
    assert outputs["TableName"] == stack.named("Table").ref
    assert outputs["BusArn"] == stack.arn("Bus")
    assert outputs["PublishedQueueArn"] == stack.arn("PublishedQueue")
    queues = {stack.named(name).ref for name in stack.of_type("AWS::SQS::Queue")}
    assert queues == {value for name, value in outputs.items() if name.endswith("QueueUrl")}
