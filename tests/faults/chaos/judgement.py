"""What must be true when the clients are gone and days have passed: the promises of docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from portway.consequences import accounts
from portway.model import RETAINED, TERMINAL, Status, Upload
from tests.faults.chaos.aftermath import Ground, history_faults
from tests.faults.chaos.crowd import Outcome
from tests.faults.chaos.hearsay import CREATED, Ear
from tests.faults.chaos.wire import Wire

ENDS = {
    "completed": {Status.PUBLISHED},
    "cancelled": {Status.ABORTED},
    "too late": {Status.PUBLISHED},
    "abandoned": {Status.EXPIRED, Status.PUBLISHED},
    "expired": {Status.EXPIRED},
    "failed": {Status.ABORTED, Status.EXPIRED, Status.QUARANTINED},
    None: TERMINAL,
}
"""What a client was told, and what may be true then. One that gave up was told nothing; one PUT that arrived is whole,
whether or not anybody comes back or would rather cancel it."""
EVENT_OF = {
    Status.PUBLISHED: "file.published",
    Status.QUARANTINED: "file.quarantined",
    Status.ABORTED: "upload.failed",
    Status.EXPIRED: "upload.expired",
}


@dataclass
class Judge:
    """Looks at a stack after a storm. `wires` are owners' clients; `left` names what should not be there any more."""

    ground: Ground
    ear: Ear
    wires: Mapping[str, Wire]
    outcomes: Sequence[Outcome]

    def judge(self) -> tuple[int, list[str]]:
        """How many uploads ended, and the ids of those of which something is left. AssertionError for all else."""
        self.ground.pass_hours(26, 30)  # what was left open expires or is published, and has its last look
        records = self.ground.records()
        self._ended_as_told(records)
        self._counted(records)
        self._published_as_sent(records)
        left = self._leftovers({upload.id for upload in records.values() if upload.status in RETAINED})
        self._delete_everything(records)
        self.ground.pass_hours(31, 33)
        self._counted(self.ground.records())
        assert set(self.ground.quotas().values()) == {(0, 0)}, "quota is held by nobody"
        left += self._leftovers(set())
        self._announced(records)
        return len(records), left

    def _ended_as_told(self, records: Mapping[str, Upload]) -> None:
        """One record for each declaration, at its one end, and nobody was told anything else."""
        known = {outcome.upload_id for outcome in self.outcomes if outcome.upload_id}
        assert known <= records.keys()
        assert len(records) <= len(self.outcomes), "a declaration was recorded twice"
        wrong = {upload.id: faults for upload in records.values() if (faults := history_faults(upload))}
        assert not wrong, wrong
        for outcome in self.outcomes:
            assert outcome.status or outcome.words, f"{outcome.task.path.name}: neither an end nor a reason"
            if outcome.upload_id:
                upload = records[outcome.upload_id]
                assert upload.status in ENDS[outcome.status], (outcome, upload.status, upload.reason)

    def _counted(self, records: Mapping[str, Upload]) -> None:
        """The counters of owners and tenants are the sums over what they hold."""
        held: Counter[str] = Counter()
        for upload in records.values():
            for account in accounts(upload):
                names = [quote(name, safe="") for name in (account.tenant, account.owner) if name]
                kept = upload.status in RETAINED and not upload.removed_at
                held["#".join(["QUOTA", *names])] += upload.size if kept else 0
        assert self.ground.quotas() == {account: (used, 0) for account, used in held.items()}

    def _published_as_sent(self, records: Mapping[str, Upload]) -> None:
        """Downloaded as any client does, through the same bad network."""
        tasks = {outcome.upload_id: outcome.task for outcome in self.outcomes}

        def compare(upload: Upload) -> str | None:
            task = tasks[upload.id]
            wire = self.wires[task.owner]
            status, content = wire.get(wire.ask("GET", f"/v1/files/{upload.id}/url").document["url"])
            same = status == 200 and sha256(content).digest() == sha256(task.path.read_bytes()).digest()
            return None if same else f"{upload.id}: {status}, {len(content)} bytes instead of {upload.size}"

        with ThreadPoolExecutor(8) as pool:
            published = [upload for upload in records.values() if upload.status is Status.PUBLISHED]
            wrong = list(filter(None, pool.map(compare, published)))
        assert not wrong, wrong

    def _leftovers(self, kept: set[str]) -> list[str]:
        """Ids of uploads of which S3 holds something, other than the published files of those that are `kept`."""
        found = [*self.ground.open_uploads(), *self.ground.objects("IncomingBucket")]
        published = {key.rpartition("/")[2] for key in self.ground.objects("PublishedBucket")}
        assert published >= kept, f"published files are gone: {kept - published}"
        return [key.rpartition("/")[2] for key in found] + sorted(published - kept)

    def _delete_everything(self, records: Mapping[str, Upload]) -> None:
        owners = {outcome.upload_id: outcome.task.owner for outcome in self.outcomes}

        def delete(upload: Upload) -> int:
            return self.wires[owners[upload.id]].ask("DELETE", f"/v1/files/{upload.id}").status

        with ThreadPoolExecutor(8) as pool:
            kept = [upload for upload in records.values() if upload.status in RETAINED]
            assert set(pool.map(delete, kept)) <= {204, 410}

    def _announced(self, records: Mapping[str, Upload]) -> None:
        """Each beginning and end was heard at least once, always under one id, and no other end of the same upload."""
        heard = self.ear.heard()
        assert heard.keys() <= records.keys()
        for upload in records.values():
            kinds = sorted(kind for _, kind in heard.get(upload.id, {}))
            assert kinds == sorted([CREATED, EVENT_OF[upload.status]]), (upload.id, upload.status, kinds)
