"""What a client declares about a file, what may be wrong with it, and the first record made from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portway import policy
from portway.errors import Fault
from portway.model import ChecksumAlgorithm, Principal, Status, Step, Upload
from portway.parts import Layout, Limits, part_size_for, size_faults
from portway.policy import Policies
from portway.signing import checksum_faults

MAX_WINDOW = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a client says about a file before it sends it. `request_hash` names the whole request."""

    name: str
    size: int
    content_type: str
    category: str
    request_hash: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    part_size: int | None = None
    checksum_algorithm: ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME
    checksum: str | None = None
    part_checksums: Mapping[int, str] = field(default_factory=dict)
    auto_complete: bool = False
    window: int = 100


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives, in ms: without activity, and at most."""

    session_ms: int
    most_ms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides whether an upload may be created, and how."""

    policies: Policies
    lifetime: Lifetime
    limits: Limits


def declaration_faults(wanted: Declaration, rules: Rules) -> list[Fault]:
    """Everything that is wrong with a declaration. Nothing is created by asking."""
    algorithm = wanted.checksum_algorithm
    found = policy.faults(
        rules.policies,
        category=wanted.category,
        name=wanted.name,
        size=wanted.size,
        content_type=wanted.content_type,
        metadata=wanted.metadata,
    )
    sizes = size_faults(wanted.size, wanted.part_size, rules.limits)
    found += [fault for fault in sizes if fault.field not in {known.field for known in found}]
    found += checksum_faults("checksum", algorithm, wanted.checksum)
    for number, value in wanted.part_checksums.items():
        found += checksum_faults(f"part_checksums.{number}", algorithm, value)
    if not sizes:
        found += _number_faults(wanted.part_checksums, min(wanted.window, _layout(wanted, rules.limits).count))
    if not 0 <= wanted.window <= MAX_WINDOW:
        words = f"window must be from 0 to {MAX_WINDOW}."
        found.append(Fault("window", "out_of_range", words, [0, MAX_WINDOW], wanted.window))
    return found


def declaration_warnings(wanted: Declaration, rules: Rules) -> list[Fault]:
    """What is odd about a declaration without faults, but does not refuse it."""
    kind = {"name": wanted.name, "content_type": wanted.content_type}
    return policy.warnings(rules.policies, category=wanted.category, **kind)


def _number_faults(checksums: Mapping[int, str], count: int) -> list[Fault]:
    """Checksums of parts that are not signed now: nobody may believe in a check that does not happen."""
    outside = sorted(number for number in checksums if not 1 <= number <= count)
    words = f"The parts 1 to {count} are signed now; give the checksums of others when you sign them."
    return [Fault("part_checksums", "out_of_range", words, [1, count], outside[:20])] if outside else []


def _layout(wanted: Declaration, limits: Limits) -> Layout:
    return Layout(wanted.size, wanted.part_size or part_size_for(wanted.size, limits))


def first_record(principal: Principal, wanted: Declaration, upload_id: str, rules: Rules, now: int) -> Upload:
    """The first record of an upload, for a declaration without faults."""
    layout = _layout(wanted, rules.limits)
    expires_at = now + min(rules.lifetime.session_ms, rules.lifetime.most_ms)
    return Upload(
        id=upload_id,
        tenant=principal.tenant,
        owner=principal.owner,
        status=Status.CREATING,
        name=policy.name_in(rules.policies, wanted.category, wanted.name),
        size=wanted.size,
        content_type=wanted.content_type,
        category=wanted.category,
        policy_version=rules.policies.version,
        part_size=layout.part_size,
        part_count=layout.count,
        checksum_algorithm=wanted.checksum_algorithm,
        key=policy.incoming_key(principal.tenant, upload_id),
        request_hash=wanted.request_hash,
        created_at=now,
        expires_at=expires_at,
        metadata=wanted.metadata,
        checksum=wanted.checksum,
        auto_complete=wanted.auto_complete,
        due_at=expires_at,
        history=(Step(Status.CREATING, now),),
    )


def renewed(upload: Upload, lifetime: Lifetime, now: int) -> Upload:
    """The upload with a whole session of life again, once less than half is left; never past the hard end."""
    if upload.expires_at - now >= lifetime.session_ms // 2:
        return upload
    expires_at = min(now + lifetime.session_ms, upload.created_at + lifetime.most_ms)
    if expires_at <= upload.expires_at:
        return upload
    return replace(upload, expires_at=expires_at, due_at=expires_at)
