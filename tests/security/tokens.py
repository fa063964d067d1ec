"""Tokens that a forger would try. Made by hand where a library refuses to make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dev.identity import AUDIENCE, Identity
from tests.security.front import IDENTITY, ISSUER, KID, TOKENS

NOW = int(time.time())
STRANGER = Identity.create()
PEM = IDENTITY.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
MODULUS = base64.urlsafe_b64decode(IDENTITY.jwks["keys"][0]["n"] + "==")
HEAD, PAYLOAD, SIGNATURE = TOKENS["owner"].split(".")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token of the owner; `...` leaves one out."""
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "owner", "tenant": "acme", "iat": NOW, "exp": NOW + 3600}
    return {name: value for name, value in {**usual, **changes}.items() if value is not ...}


def signed(identity: Identity = IDENTITY, algorithm: str = "RS256", **header: Any) -> str:
    """A token whose signature is right for this key, with another header."""
    return jwt.encode(claims(), identity.private_key, algorithm, {"kid": KID, **header})


def unsigned(algorithm: str) -> str:
    """No signature at all, and a header that says so."""
    head = {"alg": algorithm, "typ": "JWT", "kid": KID}
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims()).encode())}."


def symmetric(secret: bytes, algorithm: str = "HS256") -> str:
    """Signed with something that everybody knows, taken for a secret."""
    text = unsigned(algorithm).removesuffix(".")
    return f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha' + algorithm[2:]))}"


def with_payload(**changes: Any) -> str:
    """A good token whose claims were exchanged under its signature."""
    return f"{HEAD}.{b64(json.dumps(claims(**changes)).encode())}.{SIGNATURE}"


def own_key_header(name: str, value: Any) -> str:
    """Signed by a stranger, who offers his own key in the header."""
    return signed(STRANGER, **{name: value})


EXPIRED = IDENTITY.token(claims(exp=NOW - 1))
FORGED: Mapping[str, str] = {
    # no signature
    "alg none": unsigned("none"),
    "alg NONE": unsigned("NONE"),
    "alg nOnE with a signature": unsigned("nOnE") + SIGNATURE,
    "signature left out": f"{HEAD}.{PAYLOAD}.",
    "signature of another token": f"{HEAD}.{PAYLOAD}.{TOKENS['stranger'].split('.')[2]}",
    "claims exchanged": with_payload(tenant="other"),
    "made an operator": with_payload(roles=["operator"]),
    # another algorithm
    "HS256 with the public key as PEM": symmetric(PEM),
    "HS256 with the modulus": symmetric(MODULUS),
    "HS256 with its digest": symmetric(hashlib.sha256(PEM).digest()),
    "HS256 with an empty secret": symmetric(b""),
    "HS512 with the public key as PEM": symmetric(PEM, "HS512"),
    "RS512 with our key": signed(algorithm="RS512"),
    "PS256 with our key": signed(algorithm="PS256"),
    "ES256": jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": KID}),
    # another key
    "a stranger's key under our kid": signed(STRANGER),
    "a stranger's own kid": STRANGER.token(claims()),
    "an unknown kid": signed(kid="another"),
    "an empty kid": signed(kid=""),
    "a kid that is a path": signed(kid="../../../../dev/null"),
    "a kid that is SQL": signed(kid="x' UNION SELECT 'key"),
    "no kid": jwt.encode(claims(), IDENTITY.private_key, "RS256"),
    "his own jwk": own_key_header("jwk", STRANGER.jwks["keys"][0]),
    "his own jku": own_key_header("jku", "http://evil.test/jwks.json"),
    "his own x5u": own_key_header("x5u", "http://evil.test/cert.pem"),
    # for somebody else, or at another time
    "another issuer": IDENTITY.token(claims(iss="http://elsewhere.test")),
    "an issuer that begins like ours": IDENTITY.token(claims(iss=ISSUER + ".evil.test")),
    "without issuer": IDENTITY.token(claims(iss=...)),
    "another audience": IDENTITY.token(claims(aud="somebody")),
    "an audience that begins like ours": IDENTITY.token(claims(aud=AUDIENCE + "x")),
    "without audience": IDENTITY.token(claims(aud=...)),
    "client_id beside another audience": IDENTITY.token(claims(aud="somebody", client_id=AUDIENCE)),
    "expired": EXPIRED,
    "without an end": IDENTITY.token(claims(exp=...)),
    "an end that is no number": IDENTITY.token({**claims(), "exp": "never"}),
    "not yet valid": IDENTITY.token(claims(nbf=NOW + 600)),
    "issued in the future": IDENTITY.token(claims(iat=NOW + 600)),
    # not a token
    "empty": "",
    "words": "let me in",
    "two dots": "..",
    "one segment": HEAD,
    "five segments": "a.b.c.d.e",
    "no JSON": f"{b64(b'{')}.{PAYLOAD}.{SIGNATURE}",
    "header is a list": f"{b64(b'[]')}.{PAYLOAD}.{SIGNATURE}",
    "kid is an object": f"{b64(json.dumps({'alg': 'RS256', 'kid': {}}).encode())}.{PAYLOAD}.{SIGNATURE}",
    "critical extension": signed(crit=["x"], x=1),
    "payload is a list": jwt.api_jws.encode(b"[]", IDENTITY.private_key, "RS256", {"kid": KID}),
    "very long": HEAD + "." + "A" * 8000 + "." + SIGNATURE,
}
"""None of them may open anything."""
