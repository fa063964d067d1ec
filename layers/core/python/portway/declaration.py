"""What a client declares about a file, what may be wrong with it, and the first record made from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portway import policy
from portway.errors import Fault
from portway.heads import head_faults, head_warnings
from portway.model import GRACE_MS, ChecksumAlgorithm, Principal, Status, Step, Strategy, Upload
from portway.parts import Layout, Limits, part_size_for, size_faults
from portway.policy import Policies
from portway.signing import checksum_faults

MAX_WINDOW = 1000
IDLE_MS = 900_000
"""When the sweeper looks for the first time at what it may complete itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a client says about a file before it sends it. `request_hash` names the whole request.

    `size` None: nobody knows it before the end. `strategy` None leaves the choice to us.
    `head` is base64 of the first bytes, if they were sent along.
    """

    name: str
    size: int | None
    content_type: str
    category: str
    request_hash: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    part_size: int | None = None
    checksum_algorithm: ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME
    checksum: str | None = None
    part_checksums: Mapping[int, str] = field(default_factory=dict)
    strategy: Strategy | None = None
    auto_complete: bool = False
    window: int = 100
    head: str | None = field(default=None, repr=False)


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
    category = rules.policies.categories.get(wanted.category)
    found += head_faults(category, wanted.head, wanted.size, wanted.content_type)
    sizes = size_faults(wanted.size, wanted.part_size, rules.limits)
    found += [fault for fault in sizes if fault.field not in {known.field for known in found}]
    found += checksum_faults("checksum", algorithm, wanted.checksum)
    for number, value in wanted.part_checksums.items():
        found += checksum_faults(f"part_checksums.{number}", algorithm, value)
    if not sizes:
        layout = _layout(wanted, rules)
        found += _strategy_faults(wanted, layout)
        count = 0 if wanted.size is None else layout.count
        found += _number_faults(wanted.part_checksums, min(wanted.window, count))
    if not 0 <= wanted.window <= MAX_WINDOW:
        words = f"window must be from 0 to {MAX_WINDOW}."
        found.append(Fault("window", "out_of_range", words, [0, MAX_WINDOW], wanted.window))
    return found


def declaration_warnings(wanted: Declaration, rules: Rules) -> list[Fault]:
    """What is odd about a declaration without faults, but does not refuse it."""
    kind = {"name": wanted.name, "content_type": wanted.content_type}
    category = rules.policies.categories[wanted.category]
    found = policy.warnings(rules.policies, category=wanted.category, **kind)
    return [*found, *head_warnings(category, wanted.head, wanted.content_type)]


def _number_faults(checksums: Mapping[int, str], count: int) -> list[Fault]:
    """Checksums of parts that are not signed now: nobody may believe in a check that does not happen."""
    outside = sorted(number for number in checksums if not 1 <= number <= count)
    words = f"The parts 1 to {count} are signed now; give the checksums of others when you sign them."
    return [Fault("part_checksums", "out_of_range", words, [1, count], outside[:20])] if outside else []


def _strategy_faults(wanted: Declaration, layout: Layout) -> list[Fault]:
    """What one signed PUT needs: a file of one part, and the checksum that is signed. What needs the size."""
    if wanted.size is None:
        asked = {"strategy": wanted.strategy is Strategy.SINGLE, "auto_complete": wanted.auto_complete}
        words = "needs the size of the file: leave it out, or declare the size."
        return [Fault(name, "needs_size", f"{name} {words}") for name, is_asked in asked.items() if is_asked]
    if strategy_for(wanted, layout) is not Strategy.SINGLE:
        return []
    other = wanted.part_checksums.get(1, wanted.checksum) != wanted.checksum
    too_large = f"strategy single takes at most one part, {layout.part_size} bytes. Send it in parts."
    nameless = "strategy single needs the checksum of the file: it is part of the signature."
    rules = (
        (layout.count > 1, "strategy", "too_large", too_large, layout.part_size, wanted.size),
        (wanted.checksum is None, "checksum", "missing", nameless, None, None),
        (other, "part_checksums.1", "contradicts", "The only part is the whole file.", wanted.checksum, None),
    )
    return [Fault(field, code, words, limit, value) for broken, field, code, words, limit, value in rules if broken]


def strategy_for(wanted: Declaration, layout: Layout) -> Strategy:
    """As wished; left to us, a file of one part whose checksum is known goes in one PUT: two round trips in all."""
    fits = layout.count == 1 and None not in (wanted.checksum, wanted.size)
    return wanted.strategy or (Strategy.SINGLE if fits else Strategy.MULTIPART)


def _layout(wanted: Declaration, rules: Rules) -> Layout:
    """How the file is cut; one of unknown size so that the largest of its category would fit."""
    _, most = policy.sizes(rules.policies, wanted.category)
    size = most if wanted.size is None else wanted.size
    return Layout(wanted.size or 0, wanted.part_size or part_size_for(size, rules.limits))


def first_record(principal: Principal, wanted: Declaration, upload_id: str, rules: Rules, now: int) -> Upload:
    """The first record of an upload, for a declaration without faults. A single one needs nothing of S3 to be open."""
    layout, is_open_ended = _layout(wanted, rules), wanted.size is None
    strategy = strategy_for(wanted, layout)
    status = Status.OPEN if strategy is Strategy.SINGLE else Status.CREATING
    upload = Upload(
        id=upload_id,
        tenant=principal.tenant,
        owner=principal.owner,
        status=status,
        name=policy.name_in(rules.policies, wanted.category, wanted.name),
        size=layout.size,
        content_type=wanted.content_type,
        category=wanted.category,
        policy_version=rules.policies.version,
        part_size=layout.part_size,
        part_count=0 if is_open_ended else layout.count,
        checksum_algorithm=wanted.checksum_algorithm,
        key=policy.incoming_key(principal.tenant, upload_id),
        request_hash=wanted.request_hash,
        created_at=now,
        expires_at=now + min(rules.lifetime.session_ms, rules.lifetime.most_ms),
        metadata=wanted.metadata,
        checksum=wanted.checksum,
        strategy=strategy,
        is_open_ended=is_open_ended,
        auto_complete=wanted.auto_complete,
        history=(Step(status, now),),
    )
    return replace(upload, due_at=next_look(upload, now))


def ends_at(upload: Upload) -> int:
    """When an open upload may expire. A single one has no parts to be found; its PUT may still be on its way."""
    return upload.expires_at + (GRACE_MS if upload.is_single else 0)


def next_look(upload: Upload, now: int) -> int:
    """When the sweeper looks at an open upload: at its end; at one that it may complete before, ever more seldom."""
    if not (upload.auto_complete or upload.is_single):
        return ends_at(upload)
    return min(ends_at(upload), now + max(IDLE_MS, now - upload.created_at))


def renewed(upload: Upload, lifetime: Lifetime, now: int) -> Upload:
    """The upload with a whole session of life again, once less than half is left; never past the hard end."""
    if upload.expires_at - now >= lifetime.session_ms // 2:
        return upload
    return prolonged(upload, lifetime, now, now)


def prolonged(upload: Upload, lifetime: Lifetime, active_at: int, now: int) -> Upload:
    """The upload with a whole session of life after it was last active, if that is more than it has."""
    expires_at = min(active_at + lifetime.session_ms, upload.created_at + lifetime.most_ms)
    if expires_at <= upload.expires_at:
        return upload
    longer = replace(upload, expires_at=expires_at)
    return replace(longer, due_at=next_look(longer, now))
