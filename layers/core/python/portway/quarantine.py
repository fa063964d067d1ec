"""Use cases of the quarantine desk: operators look at what was kept back, and decide about it, each time saying why.

A decision is a verdict. It is stored with the move that makes the file due again, and the sweeper carries it out as it
does every verdict: publication, quota, events and their ids need nothing of their own (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from portway.decisions import Action, Decision, explained, last, noted
from portway.errors import Gone, NotFound, WrongState
from portway.files import Files, Link, signed_link
from portway.ids import is_id
from portway.media_types import UNKNOWN
from portway.model import Principal, Status, Upload
from portway.names import content_disposition
from portway.ports import Clock, CredentialSource, ObjectStore, SessionStore
from portway.presign import Place
from portway.quotas import Quotas
from portway.retries import again, hindrance, written
from portway.scans import is_infected
from portway.verdicts import INFECTED, Reason, Verdict

URL_SECONDS = 120
"""Enough to begin a download; the bucket refuses the desk's signer any older signature (template.yaml)."""
SUFFIX = ".quarantined"
"""Behind the name of what is downloaded: no program opens it by itself."""
SHOWN = {"content-type": UNKNOWN, "cache-control": "no-store"}
"""Mere bytes, which nobody on the way keeps."""
VERDICTS: Mapping[Action, Callable[[Verdict], Verdict | None]] = {
    Action.RELEASE: lambda verdict: replace(verdict, reason=None),
    Action.REJECT: lambda verdict: replace(verdict, reason=Reason.REJECTED),
    Action.INSPECT: lambda _: None,
}
"""What an operator's word makes of a verdict; everything that was found stays in it."""
OBSTACLES: Mapping[tuple[Action, Reason | None], str] = {
    (Action.RELEASE, Reason.INFECTED): "Nobody may release malware. If it is a false alarm, have it inspected again.",
    (Action.REJECT, Reason.INFECTED): "It is kept back as infected. It can be removed.",
    (Action.REJECT, Reason.REJECTED): "It is rejected already.",
}
UNSEEN = "Nobody has looked into it. Have it inspected again."
NO_OBJECT = "The stored file is no longer there. Remove it, and have it uploaded again."


@dataclass(frozen=True, slots=True)
class Quarantine:
    """`credentials` can read versions of the incoming bucket, and nothing else."""

    sessions: SessionStore
    objects: ObjectStore
    files: Files
    quotas: Quotas
    place: Place
    credentials: CredentialSource
    now: Clock

    def story(self, principal: Principal, upload_id: str) -> Upload:
        """Anybody's upload, with everything that is known of it. NotFound for whoever is no operator."""
        upload = self.sessions.get(upload_id) if principal.is_operator and is_id(upload_id) else None
        if upload is None:
            raise NotFound
        return upload

    def decide(self, principal: Principal, upload_id: str, action: Action, why: str) -> Upload:
        """RELEASE, REJECT or INSPECT a quarantined file: PROCESSING again, due at once. Repeating it is fine.

        WrongState with advice for what this file cannot have, or when somebody else has decided; Gone once it was
        removed. QuotaExceeded when its owner has no room for an open upload. Refused for a `why` without words.
        """
        upload, words = self.story(principal, upload_id), explained(why)

        def change(upload: Upload) -> Upload:
            decision = self._decision(principal, upload, action, words)
            return upload if _is_repeated(upload, decision) else self._decided(upload, decision)

        return written(self.sessions, upload, change, self.quotas.of(upload.tenant))

    def link(self, principal: Principal, upload_id: str) -> Link:
        """A URL that downloads the quarantined version as mere bytes. Who asked is written down before it is given."""
        upload, credentials = self.story(principal, upload_id), self.credentials()

        def change(upload: Upload) -> Upload:
            _demand_quarantined(upload, "Only a file that is in quarantine can be looked at.")
            reading = self._decision(principal, upload, Action.READ, "")
            was_named = any(each.says(reading) and each.lease == upload.lease for each in upload.decisions)
            return upload if was_named else _with(upload, reading)

        upload = written(self.sessions, upload, change)
        assert upload.stored is not None
        version_id, name = upload.stored.version_id, upload.name + SUFFIX
        shown = {**SHOWN, "content-disposition": content_disposition(name, UNKNOWN)}
        return signed_link(self.place, credentials, upload.key, version_id, shown, URL_SECONDS, self.now())

    def remove(self, principal: Principal, upload_id: str, why: str) -> Upload:
        """Remove every version of anybody's published or quarantined file. Repeating it is fine."""
        upload, words = self.story(principal, upload_id), explained(why)
        return self.files.remove(
            upload, lambda each: _with(each, self._decision(principal, each, Action.REMOVE, words))
        )

    def _decision(self, principal: Principal, upload: Upload, action: Action, why: str) -> Decision:
        return Decision(self.now(), principal.owner, action, why, upload.lease, upload.reason)

    def _decided(self, upload: Upload, decision: Decision) -> Upload:
        _demand_quarantined(upload, _taken(upload) or hindrance(upload) or "")
        action, verdict = decision.action, upload.verdict
        if advice := OBSTACLES.get((action, upload.reason)) or (action is Action.RELEASE and _unreleasable(upload)):
            raise WrongState(upload.status, advice)
        if action is Action.RELEASE and self.objects.head(upload.key) is None:
            raise WrongState(upload.status, NO_OBJECT)
        moved = again(upload, decision.at, VERDICTS[action](verdict) if verdict else None)
        return _with(moved, decision)


def _with(upload: Upload, decision: Decision) -> Upload:
    return replace(upload, decisions=noted(upload.decisions, decision))


def _is_repeated(upload: Upload, decision: Decision) -> bool:
    """Whether this was decided before, and what came of it still stands."""
    before = last(upload.decisions)
    came_back = upload.status is Status.QUARANTINED and decision.action is not Action.REJECT
    return before is not None and before.says(decision) and not came_back


def _demand_quarantined(upload: Upload, advice: str) -> None:
    if upload.removing_at:
        raise Gone
    if upload.status is not Status.QUARANTINED:
        raise WrongState(upload.status, advice)


def _taken(upload: Upload) -> str | None:
    """Who was quicker."""
    before = last(upload.decisions)
    if before is None or upload.status not in (Status.PROCESSING, Status.PUBLISHED):
        return None
    return f"{before.operator} has decided to {before.action} it: see `decisions`."


def _unreleasable(upload: Upload) -> str | None:
    """Why nobody can take it upon himself to publish this file."""
    verdict = upload.verdict
    if verdict is None or (upload.reason is Reason.ERROR and not verdict.inspections):
        return UNSEEN
    was_found = is_infected(upload.scan) or any(finding.code == INFECTED for finding in verdict.findings)
    return OBSTACLES[Action.RELEASE, Reason.INFECTED] if was_found else None
