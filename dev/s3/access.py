"""Who may do what: the signature first, then the policies of the bucket and of the signer's role."""

from __future__ import annotations

from functools import lru_cache

from dev.s3 import policy, sessions, sigv4
from dev.s3.call import Call
from dev.s3.policy import ALLOW, DENY, Context
from dev.s3.refused import Refused

_parsed = lru_cache(maxsize=64)(policy.parse)
TOKEN = "x-amz-security-token"


def authenticate(call: Call, service: str = "s3") -> None:
    """Set the call's signer and session, or Refused as `sigv4.verify` says; InvalidToken or ExpiredToken for a token.

    A key of a session is known by its token alone, so without it the key does not exist.
    """
    options = call.service.options
    token = call.headers.get(TOKEN) or next((value for name, value in call.query.items() if name.lower() == TOKEN), "")
    secrets = options.secrets
    if token and options.session_key:
        call.session = sessions.read(options.session_key, token)
        secrets = {call.session.access_key: call.session.secret}
    call.signer = sigv4.verify(call.request, secrets, now=call.now, region=options.region, service=service)
    if call.session and call.session.expires_at <= call.now:
        raise Refused(400, "ExpiredToken", "The provided token has expired.")


def principal(call: Call) -> str:
    """The ARN of who signed; of a session, the ARN of its role."""
    if call.session:
        return call.session.role
    return call.service.options.principal(call.signer.access_key) if call.signer else ""


def is_allowed(call: Call, action: str, resource: str) -> bool:
    """Whether a role may do this by its own policies. A key pair that is no role may do everything."""
    return ALLOW in _effects(call, action, resource, (), {}) if _is_limited(call) else True


def authorize(call: Call, action: str, bucket: str, key: str) -> None:
    """Refused AccessDenied when a policy forbids the signer this, or when its role does not allow it."""
    if call.signer is None:
        return
    text = call.service.db.setting(bucket, "policy")
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    effects = _effects(call, action, resource, _parsed(text) if text else (), _context(call))
    if DENY in effects:
        raise _denied(call, action, resource, " with an explicit deny")
    if _is_limited(call) and ALLOW not in effects:
        raise _denied(call, action, resource, " because no identity-based policy allows the action")


def _is_limited(call: Call) -> bool:
    return call.session is not None or call.service.options.roles(principal(call)) is not None


def _effects(
    call: Call, action: str, resource: str, of_bucket: tuple[policy.Statement, ...], context: Context
) -> set[str]:
    caller = principal(call)
    role = call.service.options.roles(caller)
    statements = (*of_bucket, *(role.rights if role else ()))
    return {one.effect for one in statements if one.applies(caller, action, resource, context)}


def _context(call: Call) -> Context:
    assert call.signer is not None
    context = {
        "s3:authtype": call.signer.auth_type,
        "aws:securetransport": str(call.service.options.assume_tls).lower(),
        "aws:principalarn": principal(call),
    }
    if call.signer.auth_type == sigv4.QUERY:
        context["s3:signatureage"] = str(call.signer.age.total_seconds() * 1000)
    if "prefix" in call.query:
        context["s3:prefix"] = call.query["prefix"]
    return context


def _denied(call: Call, action: str, resource: str, why: str) -> Refused:
    message = f"User: {principal(call)} is not authorized to perform: {action} on resource: {resource}{why}"
    return Refused(403, "AccessDenied", message)
