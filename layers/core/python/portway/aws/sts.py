"""What signs URLs: the function's own credentials, or a signer role whose end is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boto3.session import Session

from portway.aws.answers import answers
from portway.errors import BadSettings
from portway.ports import Clock, CredentialSource
from portway.presign import Credentials

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

CHAINED_SECONDS = 3600
"""The longest life of a role that was assumed by a role (IAM: role chaining)."""
MARGIN_MS = 300_000
"""Credentials with less than this left are replaced: a URL ends with them."""


def execution_credentials(session: Session) -> CredentialSource:
    """The credentials the function runs with, read each time since they are renewed. Their end is invisible.

    The source raises BadSettings when there are none.
    """

    def current() -> Credentials:
        found = session.get_credentials()
        frozen = found and found.get_frozen_credentials()
        if not (frozen and frozen.access_key and frozen.secret_key):
            raise BadSettings("There are no AWS credentials to sign with.")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, None)

    return current


def assumed_credentials(client: STSClient, role: str, name: str, now: Clock) -> CredentialSource:
    """Credentials of `role` (ARN), for an hour, kept until five minutes before their end. `name` appears in CloudTrail.

    The source raises Unavailable when STS does not give them.
    """
    kept: Credentials | None = None

    def current() -> Credentials:
        nonlocal kept
        if kept is None or (kept.expires_at or 0) - MARGIN_MS <= now():
            kept = _assumed(client, role, name)
        return kept

    return current


def _assumed(client: STSClient, role: str, name: str) -> Credentials:
    with answers():
        given = client.assume_role(RoleArn=role, RoleSessionName=name, DurationSeconds=CHAINED_SECONDS)["Credentials"]
    expires_at = round(given["Expiration"].timestamp() * 1000)
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], expires_at)
