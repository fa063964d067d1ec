"""Getting and renewing a token at an OAuth 2.0 server, from a machine without a browser (RFC 8628, RFC 6749 §6).

The server is found through its issuer (OpenID Connect Discovery 1.0).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from portway_client.cli.credentials import Credential, is_private
from portway_client.errors import PortwayError, Unavailable
from portway_client.transport import NoAnswer, Request, Transport, Trouble

DISCOVERY = "/.well-known/openid-configuration"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL = 5
"""Seconds between questions, when the server says none and for each `slow_down` (RFC 8628 §3.2, §3.5)."""
WORDS = {
    "access_denied": "The login was refused in the browser.",
    "expired_token": "Nobody confirmed the code in time.",
    "invalid_client": "The server does not know this client id.",
    "unauthorized_client": "This client id may not be used for a login by device.",
    "invalid_grant": "The login has ended.",
}
"""By error code of RFC 6749 §5.2 and RFC 8628 §3.5."""


class SignInFailed(PortwayError):
    code = "sign_in_failed"
    advice = "Run `portway login` again."


@dataclass(frozen=True, slots=True)
class Provider:
    device_endpoint: str
    token_endpoint: str


@dataclass(frozen=True, slots=True)
class Code:
    """What the person confirms: `user_code` at `address`; `whole_address` holds the code, if the server has such."""

    device_code: str
    user_code: str
    address: str
    whole_address: str | None
    seconds: float
    interval: float


@dataclass(frozen=True, slots=True)
class Server:
    """An OAuth 2.0 server behind a transport. `now` is in seconds since 1970."""

    transport: Transport
    now: Callable[[], float]

    def discover(self, issuer: str) -> Provider:
        """Raises SignInFailed if it is not who it says, or does not offer the flow."""
        found = self._ask(Request("GET", issuer.rstrip("/") + DISCOVERY, {"accept": "application/json"}, seconds=30))[1]
        if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            raise SignInFailed(f"{issuer} says that it is {found.get('issuer') or 'nobody'}.", advice="Check --issuer.")
        endpoints = [str(found.get(name) or "") for name in ("device_authorization_endpoint", "token_endpoint")]
        if not all(map(is_private, endpoints)):
            raise SignInFailed(f"{issuer} offers no login by device.", advice="Paste a token instead: `portway login`.")
        return Provider(*endpoints)

    def begin(self, provider: Provider, client_id: str, extra: Mapping[str, str]) -> Code:
        """`extra`: `scope`, `audience`. Raises SignInFailed."""
        status, found = self._post(provider.device_endpoint, {"client_id": client_id, **extra})
        if status != 200:
            raise _refusal(status, found)
        try:
            return Code(
                device_code=found["device_code"],
                user_code=found["user_code"],
                address=found["verification_uri"],
                whole_address=found.get("verification_uri_complete"),
                seconds=float(found["expires_in"]),
                interval=float(found.get("interval") or INTERVAL),
            )
        except (KeyError, TypeError, ValueError):
            raise SignInFailed("The server's answer holds no code.", advice="Check --issuer.") from None

    def wait(self, provider: Provider, client_id: str, code: Code, sleep: Callable[[float], None]) -> Credential:
        """Until the person has confirmed. Asks no oftener than the server wants; SignInFailed when it is over."""
        until, interval = self.now() + code.seconds, code.interval
        form = {"grant_type": DEVICE_GRANT, "device_code": code.device_code, "client_id": client_id}
        while self.now() + interval < until:
            sleep(interval)
            try:
                status, found = self._post(provider.token_endpoint, form)
            except Unavailable as error:
                if not error.retryable:
                    raise
                interval *= 2  # RFC 8628 §3.5: back off after a time-out
                continue
            if status == 200:
                return self._credential(found, Credential("", None, None, provider.token_endpoint, client_id))
            if found.get("error") == "slow_down":
                interval += INTERVAL
            elif status < 500 and found.get("error") != "authorization_pending":
                raise _refusal(status, found)
        raise SignInFailed(WORDS["expired_token"])

    def renew(self, credential: Credential) -> Credential:
        """A new token for a refresh token, which may be replaced, too. Raises SignInFailed, Unavailable."""
        form = {"grant_type": "refresh_token", "refresh_token": credential.refresh_token or ""}
        status, found = self._post(credential.token_endpoint, {**form, "client_id": credential.client_id})
        if status >= 500 or status == 429:
            raise Unavailable(f"The login server answered {status}.")
        if status != 200:
            raise _refusal(status, found)
        return self._credential(found, credential)

    def _credential(self, found: Mapping[str, Any], before: Credential) -> Credential:
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not token:
            raise SignInFailed("The server's answer holds no token.")
        return Credential(
            token=str(token),
            expires_at=self.now() + float(seconds) if seconds else None,
            refresh_token=found.get("refresh_token") or before.refresh_token,
            token_endpoint=before.token_endpoint,
            client_id=before.client_id,
        )

    def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        return self._ask(Request("POST", url, headers, urlencode(form).encode(), seconds=30))

    def _ask(self, request: Request) -> tuple[int, dict[str, Any]]:
        """Status and JSON document; an empty one when the answer holds none."""
        try:
            answer = self.transport.send(request)
        except NoAnswer as error:
            words = f"{request.url}: {error}."
            raise _unavailable(words, retryable=error.trouble is not Trouble.CERTIFICATE) from None
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = {}
        return answer.status, found if isinstance(found, dict) else {}


def _unavailable(words: str, *, retryable: bool) -> Unavailable:
    error = Unavailable(words, advice="Try again later." if retryable else "Check the address and your certificates.")
    error.retryable = retryable
    return error


def _refusal(status: int, found: Mapping[str, Any]) -> SignInFailed:
    code = str(found.get("error") or "")
    said = str(found.get("error_description") or code or f"it answered {status}")
    return SignInFailed(WORDS.get(code) or f"The login server said no: {said}.")
