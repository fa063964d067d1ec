"""The view that an inspector gets of a file, and how findings become a verdict. Knows no inspector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portway import media_types
from portway.checks import Check
from portway.content import Bounds, Mark, Response, Trick, finding
from portway.errors import StoreAnswer
from portway.formats.stripping import is_strippable
from portway.model import Upload
from portway.profiles import Profile
from portway.reader import OverBudget, Reader
from portway.scans import Scan
from portway.verdicts import (
    INSPECTION_FAILED,
    NOT_SCANNED,
    Finding,
    Inspection,
    Severity,
    Verdict,
    reason_of,
    risk_of,
)

Clock = Callable[[], int]
"""Milliseconds since the epoch."""
Report = Callable[[str, Exception], None]
"""Tells an operator that the inspector of this name has a bug."""


@dataclass(slots=True, kw_only=True)
class View:
    """One version of one file. `declared_size` and `declared_type` are the client's word, the reader's size is S3's.

    The type is in its canonical spelling, the extension in lower case without its dot, "" when there is none.
    `on_mismatch` is how bad the policy finds a type that is not what it says, `responses` what it does about tricks.
    `scan` asks the malware scanner; None where the policy wants none. `call` asks one of the team's own `checks`.
    Inspectors add what they learn to `facts`, and
    `is_understood` once somebody looked into the file and could tell all that it has.
    """

    name: str
    extension: str
    declared_type: str
    declared_size: int
    reader: Reader
    upload: Upload
    on_mismatch: Severity = Severity.REJECT
    responses: Mapping[Trick, Response] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)
    scan: Callable[[], Scan] | None = None
    checks: Sequence[Check] = ()
    call: Callable[[Check, Mapping[str, Any]], bytes] | None = None
    profiles: Sequence[Profile] = ()
    is_understood: bool = False
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.reader.size

    @property
    def head(self) -> bytes:
        """The first 16 KiB, read once."""
        return self.reader.head

    def answers(self, marks: Iterable[Mark]) -> Iterator[Finding]:
        """What the policy says of these tricks; nothing of those that it allows."""
        found = (finding(mark, self._responses(mark)) for mark in marks)
        yield from (each for each in found if each)

    def _responses(self, mark: Mark) -> Mapping[Trick, Response]:
        """What cannot be left out of a file of this kind is looked at by somebody: never published all the same."""
        if self.responses.get(mark.trick) is Response.STRIP and not is_strippable(self.reader, self.declared_type):
            return {mark.trick: Response.REVIEW}
        return self.responses


Inspector = Callable[[View], Iterable[Finding]]
FAILED = "Something is wrong with the inspection, not with the file. Have it processed again, or ask an operator."
SPENT = "The file needs more time or bytes to be inspected than one file may cost. Upload a smaller one."


@dataclass(frozen=True, slots=True)
class Seen:
    """What all inspectors found, and what each of them cost."""

    findings: tuple[Finding, ...]
    inspections: tuple[Inspection, ...]


def inspect(view: View, inspectors: Mapping[str, Inspector], now: Clock, report: Report) -> Seen:
    """Everything that any inspector objects to, in their order; none of them stops the others, not even by its bugs.

    A bug is reported, and a verdict: a file on which an inspector fails was not inspected. What a store says flies.
    """
    found, costs = list[Finding](), list[Inspection]()
    for name, look in inspectors.items():
        started, read = now(), view.reader.bytes_read
        found += _found(name, look, view, report)
        costs.append(Inspection(name, now() - started, view.reader.bytes_read - read))
    return Seen(tuple(found), tuple(costs))


def _found(name: str, look: Inspector, view: View, report: Report) -> list[Finding]:
    try:
        return list(look(view))
    except StoreAnswer:
        raise
    except OverBudget as spent:
        return [Finding(NOT_SCANNED, Severity.REJECT, SPENT, f"{name}: {spent}")]
    except Exception as bug:  # RecursionError and MemoryError as well: a hostile file must not stay unended
        report(name, bug)
        return [Finding(INSPECTION_FAILED, Severity.REJECT, FAILED, f"{name}: {type(bug).__name__}")]


def verdict(
    upload: Upload,
    policy_version: str,
    found: Sequence[Finding],
    *,
    responses: Mapping[Trick, Response] | None = None,
    bytes_read: int = 0,
    milliseconds: int = 0,
    facts: Mapping[str, object] | None = None,
    inspections: Sequence[Inspection] = (),
) -> Verdict:
    """What the findings add up to. A type in doubt is not served as what it claims to be."""
    codes, asked = {each.code for each in found}, {trick.value: each for trick, each in (responses or {}).items()}
    return Verdict(
        version_id=upload.stored.version_id if upload.stored else "",
        policy_version=policy_version,
        reason=reason_of(found),
        content_type=media_types.UNKNOWN if codes & media_types.UNTRUSTED else upload.content_type,
        findings=tuple(found),
        bytes_read=bytes_read,
        milliseconds=milliseconds,
        risk=risk_of(found),
        facts=facts or {},
        inspections=tuple(inspections),
        strip=any(each.severity is Severity.NOTE and asked.get(each.code) is Response.STRIP for each in found),
    )
