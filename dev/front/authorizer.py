"""What the JWT authorizer of an HTTP API does: RS256 against a key set, issuer, audience, times; claims as strings.

Rules: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from dev.provision.plan import Authorizer


class Unauthorized(Exception):
    """No token, or one that is not good here: 401."""


class Forbidden(Exception):
    """A good token without any of the scopes that the route asks for: 403."""


def claims(token: str | None, authorizer: Authorizer, keys: jwt.PyJWKSet, scopes: Sequence[str]) -> dict[str, str]:
    """The verified claims, each as the string that a function sees. Raises Unauthorized or Forbidden."""
    if not token:
        raise Unauthorized("there is no token")
    kind, _, rest = token.strip().partition(" ")
    text = rest.strip() if kind.lower() == "bearer" else token.strip()
    try:
        key = keys[jwt.get_unverified_header(text)["kid"]]
        found: dict[str, Any] = jwt.decode(
            text,
            key,
            algorithms=["RS256"],
            issuer=authorizer.issuer,
            options={"require": ["exp", "iss"], "verify_aud": False},
        )
    except (jwt.PyJWTError, KeyError) as error:
        raise Unauthorized(str(error)) from error
    _check_audience(found, authorizer.audience)
    granted = str(found.get("scope") or found.get("scp") or "").split()
    if scopes and not set(scopes) & set(granted):
        raise Forbidden("the token has none of the scopes")
    return {name: as_text(value) for name, value in found.items()}


def _check_audience(found: Mapping[str, Any], audience: Sequence[str]) -> None:
    """`client_id` counts only where there is no `aud`."""
    named = found.get("aud", found.get("client_id"))
    if not set([named] if isinstance(named, str) else named or []) & set(audience):
        raise Unauthorized("the token is for somebody else")


def as_text(value: Any) -> str:
    """A claim as the gateway writes it: lists as `[a b]`, objects as `map[a:1]`, truth values in small letters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(as_text, value))}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{as_text(value[key])}' for key in sorted(value))}]"
    return str(value)
