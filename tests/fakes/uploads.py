"""Example values: an upload of one owner, and parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portway.model import ChecksumAlgorithm, Part, Principal, Status, Step, Upload
from tests.fakes.clock import START

OWNER = Principal("acme", "ann")
MIB = 1024**2


def an_upload(number: int = 1, owner: Principal = OWNER, **changes: Any) -> Upload:
    """A record as `create` writes it first: CREATING, 40 MiB in three parts. `changes` are fields of Upload."""
    upload_id = f"{number:026}"
    upload = Upload(
        id=upload_id,
        tenant=owner.tenant,
        owner=owner.owner,
        status=Status.CREATING,
        name="summer.wav",
        size=40 * MIB,
        content_type="audio/wav",
        category="anything",
        policy_version="1",
        part_size=16 * MIB,
        part_count=3,
        checksum_algorithm=ChecksumAlgorithm.CRC64NVME,
        key=f"in/0123456789abcdef/{upload_id}",
        request_hash="f" * 32,
        created_at=START,
        expires_at=START + 86_400_000,
        due_at=START + 86_400_000,
        history=(Step(Status.CREATING, START),),
    )
    return replace(upload, **changes)


def some_parts(count: int) -> tuple[Part, ...]:
    """Parts as S3 lists them, none like the other."""
    return tuple(Part(n, 5 * MIB + n, f"{n:032x}", f"{n:011}=", START + n) for n in range(1, count + 1))
