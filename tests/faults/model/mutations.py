"""The real code with one thing wrong in it, many times over: what the checker must find, or must find harmless.

Each mutation patches a method of a use case, or a rule of a store, while one search runs. `breaks` names the invariants
in the first violation of the smallest scenario that finds it; a harmless one breaks nothing, anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from portway import model, quarantine, retirement
from portway.copying import Copying
from portway.endings import Endings
from portway.inspecting import Inspection
from portway.model import Status
from portway.outbox import Outbox
from portway.processing import Processing
from portway.retirement import Retirement
from portway.sweeping import Sweeper
from portway.uploads import Uploads
from tests.fakes import sessions
from tests.fakes.objects import FakeObjects
from tests.fakes.sessions import FakeSessions
from tests.faults.model import wrong_copies, wrong_ends, wrong_stores, wrong_work
from tests.faults.model.scenarios import (
    BACK,
    CANCELLED,
    COPY,
    CREATES,
    DEAD,
    DELETED,
    DELETES,
    DESK,
    DISAGREEING,
    EXPIRY,
    FLOW,
    FULL,
    INTRUDER,
    ONE_ABORT,
    ONE_PUT,
    RETIRED,
    RETIRED_LATE,
    RETRY,
    STREAM,
    SWAPPED,
    SWEEPS,
    TWICE,
    faulty,
)
from tests.faults.model.setting import CRASHES, REPEATS, ZOMBIES, Scenario

Patch = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`patches` are (where, name, what instead); `moves` are allowed beside those of the table.

    `scenario` is the smallest that finds it, `breaks` the invariants that it names then.
    """

    scenario: Scenario
    breaks: str
    patches: tuple[Patch, ...]
    moves: Mapping[Status, frozenset[Status]]

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for where, name, instead in self.patches:
                stack.enter_context(patch.object(where, name, instead, create=True))
            more = {status: model.MOVES[status] | also for status, also in self.moves.items()}
            stack.enter_context(patch.dict(model.MOVES, more))
            yield


def wrong(scenario: Scenario, breaks: str, *patches: Patch, moves: Mapping[Status, Status] | None = None) -> Mutation:
    return Mutation(scenario, breaks, patches, {before: frozenset({after}) for before, after in (moves or {}).items()})


ABORTING, EXPIRING, OPEN = Status.ABORTING, Status.EXPIRING, Status.OPEN
COMPLETING, ENTAILED = Status.COMPLETING, wrong_stores.nothing_entailed
ANYWHERE = dict.fromkeys((COMPLETING, Status.STORED, Status.PROCESSING, Status.QUARANTINED), ABORTING)
HARMFUL: Mapping[str, Mutation] = {
    "record says STORED before S3 completes": wrong(FLOW, "L1", (Endings, "finish", wrong_ends.stored_before_s3)),
    "NoSuchUpload taken as failure, quota released": wrong(FLOW, "I4", (Endings, "_judge", wrong_ends.gone_is_failure)),
    "no answer to Complete taken as failure": wrong(
        faulty(FLOW, 1), "I4", (Endings, "finish", wrong_ends.silence_is_failure)
    ),
    "403 on HEAD read as absent": wrong(faulty(FLOW, 2), "I4", (Endings, "_found", wrong_ends.forbidden_is_absent)),
    "sweeper does not resume COMPLETING": wrong(FLOW, "L1 L2", (Endings, "sweep", wrong_ends.no_resumed_completion)),
    "sweeper does not redrive STORED": wrong(FLOW, "L1", (Processing, "resume", wrong_work.not_redriven)),
    "CreateMultipartUpload before the record": wrong(FLOW, "L2", (Uploads, "create", wrong_ends.s3_before_the_record)),
    "uploads of terminal records not listed again": wrong(
        faulty(FLOW, 1), "L2", (Endings, "_kill_uploads", wrong_ends.no_last_look)
    ),
    "quota released in a second write": wrong(
        FLOW,
        "I5",
        (sessions, "quota_change", ENTAILED),
        (FakeSessions, "release", wrong_stores.release),
        (Outbox, "save", wrong_work.released_afterwards),
    ),
    "release without outbox": wrong(FLOW, "I6", (sessions, "announcement", wrong_stores.end_not_owed)),
    "create without a condition on the quota": wrong(FULL, "I5", (sessions, "_demand", ENTAILED)),
    "unconditional abort": wrong(
        CANCELLED,
        "I4",
        (Uploads, "abort", wrong_ends.aborts_anything),
        moves=ANYWHERE,
    ),
    "abort from COMPLETING": wrong(
        CANCELLED, "I4", (Uploads, "abort", wrong_ends.aborts_what_completes), moves={COMPLETING: ABORTING}
    ),
    "expiry from COMPLETING": wrong(
        EXPIRY, "I4", (Endings, "sweep", wrong_ends.expires_what_completes), moves={COMPLETING: EXPIRING}
    ),
    "sweeper acts on the index without a condition": wrong(
        EXPIRY,
        "I7",
        (FakeSessions, "force", wrong_stores.force),
        (Endings, "expire", wrong_ends.expires_without_condition),
    ),
    "success answered before move 6": wrong(FLOW, "I2", (Uploads, "complete", wrong_ends.promises_too_early)),
    "S3 gets another list than the manifest": wrong(SWAPPED, "I1", (Endings, "finish", wrong_ends.lists_again)),
    "reopen after InvalidPart": wrong(BACK, "I4", (Endings, "finish", wrong_ends.reopening), moves={COMPLETING: OPEN}),
    "HEAD before the abort after InvalidPart": wrong(BACK, "I4", (Endings, "finish", wrong_ends.looks_before_it_kills)),
    "publish without the lease in the condition": wrong(
        DELETED, "I6", (sessions, "_is_as_read", wrong_stores.unfenced)
    ),
    "take-over without a higher lease": wrong(DELETED, "I7", (Processing, "_claim", wrong_work.same_lease)),
    "verdict not stored before the copy": wrong(FLOW, "I3", (Processing, "_judged", wrong_work.verdict_not_kept)),
    "verdict replaced by a later holder": wrong(
        DISAGREEING, "I3", (Processing, "_judged", wrong_work.verdict_replaced)
    ),
    "dead letters judge what was judged": wrong(
        DEAD, "I3", (Processing, "_judged", wrong_work.dead_letters_judge_again)
    ),
    "retry under the old lease": wrong(RETRY, "I6", (quarantine, "again", wrong_work.tried_under_the_old_lease)),
    "decision is not written down": wrong(DESK, "I10", (quarantine, "_with", wrong_work.unsigned)),
    "the second of two operators wins, too": wrong(
        DESK, "I3", (quarantine, "_demand_quarantined", wrong_work.undemanding)
    ),
    "verdict not bound to the version": wrong(FLOW, "I3", (Inspection, "_inspect", wrong_work.verdict_of_no_version)),
    "publish without a verdict": wrong(FLOW, "I3", (Processing, "_carry_out", wrong_work.published_unseen)),
    "copy by key": wrong(INTRUDER, "I3", (FakeObjects, "publish", wrong_stores.latest_is_published)),
    "marked as sent before it is sent": wrong(FLOW, "L3", (Outbox, "_tell", wrong_work.marked_before_sent)),
    "opened before it is told": wrong(FLOW, "I6", (Outbox, "tell_and_save", wrong_work.moved_before_told)),
    "opened as told, which the bus did not take": wrong(
        faulty(FLOW, 1), "I6", (Outbox, "tell_and_save", wrong_work.told_or_not)
    ),
    "expired as told, which nobody was": wrong(
        CREATES, "I6", (sessions, "announcement", wrong_stores.creation_not_owed)
    ),
    "sweeper does not send again": wrong(FLOW, "L1 L3", (Sweeper, "_resend", wrong_work.not_sent_again)),
    "window signed before it is reserved": wrong(STREAM, "I8", (Uploads, "sign_parts", wrong_ends.signed_first)),
    "size not in the condition of a write": wrong(STREAM, "I5", (sessions, "FENCE", wrong_stores.SIZELESS)),
    "one PUT without if-none-match": wrong(ONE_PUT, "I8", (FakeObjects, "put", wrong_stores.put_over)),
    "late object of one PUT is left": wrong(ONE_ABORT, "L1 L2", (Endings, "_drop_late", wrong_stores.nothing_entailed)),
    "copy of a large file not on the record": wrong(COPY, "I8", (Copying, "_begun", wrong_copies.not_on_the_record)),
    "copy that was completed taken for lost": wrong(
        faulty(COPY, 1), "I3", (Copying, "_judged", wrong_copies.gone_is_lost)
    ),
    "copies of published files not listed again": wrong(
        faulty(COPY, 1, CRASHES), "L2", (Endings, "_kill_uploads", wrong_copies.copies_not_listed)
    ),
    "removal: quota given back before the bytes are gone": wrong(
        DELETES, "I3 I5", (Endings, "remove", wrong_ends.given_back_before_removed)
    ),
    "retention: the bytes before the word": wrong(
        RETIRED_LATE, "I1", (Retirement, "look", wrong_work.removed_before_it_is_said)
    ),
    "retention: the last day is overlooked": wrong(RETIRED, "L1", (retirement, "_may_be_over", wrong_work.never_over)),
    "removal: the copies before the source": wrong(
        DELETED, "I3", (Endings, "_delete_bytes", wrong_ends.copies_before_the_source)
    ),
}


def harmless(*patches: Patch) -> Mutation:
    return Mutation(FLOW, "", patches, {})


HARMLESS: Mapping[str, tuple[Mutation, tuple[Scenario, ...]]] = {
    "early event dropped while a sweeper exists": (
        harmless((Processing, "arrived", wrong_work.early_is_dropped)),
        (faulty(FLOW, 1), TWICE, EXPIRY),
    ),
    "If-None-Match on complete, keys being unique": (
        harmless((FakeObjects, "complete", wrong_stores.only_if_new)),
        (faulty(FLOW, 1), TWICE, SWAPPED),
    ),
    "loser of two creates leaves his upload to the last look": (
        harmless((Uploads, "_open", wrong_ends.loser_leaves_his_upload)),
        (faulty(CREATES, 1, ZOMBIES),),
    ),
    "sweeper does not wait for the end of a lease": (
        harmless((Processing, "resume", wrong_work.not_waiting)),
        (DELETED, EXPIRY, SWEEPS),
    ),
    "repeat of one's own write is a conflict": (
        harmless((sessions, "_is_applied", wrong_stores.never_applied)),
        (faulty(FLOW, 1), faulty(CANCELLED, 1), faulty(TWICE, 1, REPEATS)),
    ),
}
"""And where they are tried. The first two are the table's own; the others were thought to be safeguards."""
