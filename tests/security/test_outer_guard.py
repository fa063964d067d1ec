"""The guard in front of everything: the gateway's throttle, which costs nothing and asks nobody."""

from __future__ import annotations

from tests.template.stack import deployed


def test_the_gateway_throttles_every_route() -> None:
    """One rate and one burst for the stage, both set and finite, and no route that is let off."""
    (stage,) = deployed().of_type("AWS::ApiGatewayV2::Stage").values()
    limits = stage["DefaultRouteSettings"]
    assert 0 < int(limits["ThrottlingRateLimit"]) <= int(limits["ThrottlingBurstLimit"]) <= 10_000
    assert "RouteSettings" not in stage
