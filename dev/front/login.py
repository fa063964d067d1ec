"""The local stack as the OpenID provider of its own page: Authorization Code with PKCE (RFC 6749 §4.1, RFC 7636).

A public client, so that the page signs in as on a deployment. Nobody is asked for a password: whoever comes is the
owner, or whom `login_hint` names.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

CLIENT = "portway-page"
AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/token"
CODE_SECONDS = 60
TOKEN_SECONDS = 3600
"""After so long the page asks for another one, which is the same: those of the local stack are good for a month."""


class NotGranted(Exception):
    """The `error` of RFC 6749 §5.2."""


@dataclass(frozen=True, slots=True)
class _Code:
    subject: str
    challenge: str
    ends: float


@dataclass(slots=True)
class Provider:
    """What was given out since the stack started. `home` is the one address of the page; tokens by subject."""

    home: str
    issuer: str
    tokens: Mapping[str, str]
    now: Callable[[], float] = time.monotonic
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refreshing: dict[str, str] = field(default_factory=dict)

    def authorized(self, query: Mapping[str, str]) -> str:
        """Where the browser goes now. Raises NotGranted where it must not go anywhere."""
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != self.home:
            raise NotGranted("invalid_client")
        back = {"state": query.get("state", ""), "iss": self.issuer}
        subject = query.get("login_hint", "owner")
        asked = (query.get("response_type"), query.get("code_challenge_method"), bool(query.get("code_challenge")))
        if asked != ("code", "S256", True) or subject not in self.tokens:
            return f"{self.home}?{urlencode({**back, 'error': 'invalid_request'})}"
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(subject, query["code_challenge"], self.now() + CODE_SECONDS)
        return f"{self.home}?{urlencode({**back, 'code': code})}"

    def granted(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. Raises NotGranted."""
        if form.get("client_id") != CLIENT:
            raise NotGranted("invalid_client")
        by_type = {"authorization_code": self._by_code, "refresh_token": self._by_refresh_token}
        find = by_type.get(form.get("grant_type", ""))
        if find is None:
            raise NotGranted("unsupported_grant_type")
        subject = find(form)
        refresh_token = secrets.token_urlsafe(32)
        self._refreshing[refresh_token] = subject
        token = {"access_token": self.tokens[subject], "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return {**token, "refresh_token": refresh_token, "scope": "openid"}

    def _by_code(self, form: Mapping[str, str]) -> str:
        code = self._codes.pop(form.get("code", ""), None)  # used once, also by who does not know the secret
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            code is None
            or code.ends < self.now()
            or (code.challenge, self.home) != (challenge, form.get("redirect_uri"))
        ):
            raise NotGranted("invalid_grant")
        return code.subject

    def _by_refresh_token(self, form: Mapping[str, str]) -> str:
        subject = self._refreshing.pop(form.get("refresh_token", ""), None)
        if subject is None:
            raise NotGranted("invalid_grant")
        return subject

    @property
    def metadata(self) -> dict[str, Any]:
        """What discovery says of it."""
        return {
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
        }


def routes(provider: Provider) -> list[web.RouteDef]:
    """Both endpoints."""

    async def authorize(request: web.Request) -> web.Response:
        try:
            place = provider.authorized(request.query)
        except NotGranted as error:
            words = f"{error}: the client {CLIENT} is known here, and its page at {provider.home} only."
            return web.Response(status=400, text=words)
        raise web.HTTPFound(place, headers={"cache-control": "no-store"})

    async def token(request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        headers = {"cache-control": "no-store"}
        try:
            return web.json_response(provider.granted(form), headers=headers)
        except NotGranted as error:
            return web.json_response({"error": str(error)}, status=400, headers=headers)

    return [web.get(AUTHORIZE, authorize), web.post(TOKEN, token)]
