"""What signs URLs: the function's own credentials, or a signer role that may do nothing else and whose end is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.session import Session

from portway.aws.answers import answers
from portway.errors import BadSettings, Unavailable
from portway.ports import Clock, CredentialSource
from portway.presign import Credentials

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

CHAINED_SECONDS = 3600
"""The longest life of a role that was assumed by a role (IAM: role chaining)."""
AGAIN_MS = 30_000
"""How long the kept credentials go on signing before STS is asked once more, when it did not answer at half-life."""


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
    """Credentials of `role` (ARN) for an hour, kept and renewed at half-life. `name` appears in CloudTrail.

    URLs end with their credentials, so at least half an hour is left for them, unless STS fails: then the kept ones
    sign until their end, and URLs get shorter. The source raises Unavailable when there are none to go on with.
    """
    return _Assumed(client, role, name, now)


class _Assumed:
    """One role's credentials in one container."""

    def __init__(self, client: STSClient, role: str, name: str, now: Clock) -> None:
        self._client, self._role, self._name, self._now = client, role, name, now
        self._kept: Credentials | None = None
        self._renew_at = 0

    def __call__(self) -> Credentials:
        now = self._now()
        if self._kept is None or now >= self._renew_at:
            self._kept = self._renewed(now)
        return self._kept

    def _renewed(self, now: int) -> Credentials:
        try:
            found = self._asked()
        except Unavailable:
            kept = self._kept
            if kept is None or kept.expires_at is None or kept.expires_at - AGAIN_MS <= now:
                raise
            self._renew_at = now + AGAIN_MS
            return kept
        self._renew_at = now + CHAINED_SECONDS * 1000 // 2
        return found

    def _asked(self) -> Credentials:
        with answers():
            answer = self._client.assume_role(
                RoleArn=self._role, RoleSessionName=self._name, DurationSeconds=CHAINED_SECONDS
            )
        given = answer["Credentials"]
        expires_at = round(given["Expiration"].timestamp() * 1000)
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], expires_at)
