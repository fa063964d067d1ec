"""Who may do what: the signature first, then the bucket's Deny statements."""

from __future__ import annotations

from functools import lru_cache

from dev.s3 import policy, sigv4
from dev.s3.call import Call
from dev.s3.refused import Refused

_parsed = lru_cache(maxsize=64)(policy.parse)


def authenticate(call: Call) -> None:
    """Set the call's signer, or Refused as `sigv4.verify` says."""
    options = call.service.options
    call.signer = sigv4.verify(call.request, options.secrets, now=call.now, region=options.region)


def authorize(call: Call, action: str, bucket: str, key: str) -> None:
    """Refused AccessDenied when a statement of the bucket's policy forbids the signer this."""
    signer, text = call.signer, call.service.db.setting(bucket, "policy")
    if text is None or signer is None:
        return
    options = call.service.options
    principal = options.principal(signer.access_key)
    context = {
        "s3:authtype": signer.auth_type,
        "aws:securetransport": str(options.assume_tls).lower(),
        "aws:principalarn": principal,
    }
    if signer.auth_type == sigv4.QUERY:
        context["s3:signatureage"] = str(signer.age.total_seconds() * 1000)
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    if any(deny.forbids(principal, action, resource, context) for deny in _parsed(text)):
        message = (
            f"User: {principal} is not authorized to perform: {action} on resource: {resource} with an explicit deny"
        )
        raise Refused(403, "AccessDenied", message)
