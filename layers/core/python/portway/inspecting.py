"""From a stored file to its verdict: the view is made, every inspector looks, the findings are added up.

What cannot be inspected has a verdict too. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from portway import pipeline
from portway.checks import CheckFailed
from portway.media_types import canonical
from portway.model import Upload
from portway.names import extension
from portway.pipeline import Inspector, Report, View
from portway.policy import Policies, Policy
from portway.ports import Checker, Clock, ObjectStore, Scanner
from portway.reader import Budget, Reader
from portway.scans import NO_SCANNER, Scan, ScanRule
from portway.verdicts import Finding, Reason, Severity, Verdict

MAX_DEATHS = 5
"""Workers that may die of one file before it is kept back without being inspected again."""
NOT_INSPECTABLE = Finding(
    "not_inspectable",
    Severity.REJECT,
    f"The file could not be inspected in {MAX_DEATHS} attempts. Have it processed again, or upload another one.",
)
NOT_PROCESSED = Finding(
    "not_processed",
    Severity.REJECT,
    "The file could not be processed. It is kept: have it processed again, without sending it again.",
)
NO_RULES = Finding(
    "category_gone",
    Severity.REVIEW,
    "The rules for files of this category are no more. An operator looks at the file first.",
)
GONE = Finding("object_gone", Severity.REJECT, "The stored file is no longer there. Upload it again.")


@dataclass(frozen=True, slots=True)
class Inspection:
    """`inspectors` are asked in this order. `scanner` is None where the deployment has none."""

    objects: ObjectStore
    policies: Policies
    inspectors: Mapping[str, Inspector]
    budget: Budget
    now: Clock
    report: Report
    scanner: Scanner | None = None
    checker: Checker | None = None

    def judge(self, upload: Upload) -> Verdict:
        """The verdict on the stored version. Unavailable when S3 does not answer."""
        if upload.deaths >= MAX_DEATHS:
            return self.failed(upload, NOT_INSPECTABLE)
        assert upload.stored is not None
        measured = self.objects.head(upload.key, upload.stored.version_id)
        if measured is None:
            return self.failed(upload, GONE)
        return self._inspect(upload, measured.size)

    def give_up(self, upload: Upload) -> Verdict:
        """The verdict on a file that nobody will look at any more."""
        return self.failed(upload, NOT_PROCESSED)

    def failed(self, upload: Upload, why: Finding) -> Verdict:
        """The verdict on a file that nobody could inspect."""
        return replace(pipeline.verdict(upload, self.policies.version, [why]), reason=Reason.ERROR)

    def _inspect(self, upload: Upload, size: int) -> Verdict:
        started, rules = self.now(), self.policies.categories.get(upload.category)
        view = self._view(upload, size, rules)
        seen = pipeline.inspect(view, self.inspectors, self.now, self.report)
        return pipeline.verdict(
            upload,
            self.policies.version,
            seen.findings if rules else (*seen.findings, NO_RULES),
            responses=view.responses,
            bytes_read=view.reader.bytes_read,
            milliseconds=self.now() - started,
            facts=view.facts,
            inspections=seen.inspections,
        )

    def _view(self, upload: Upload, size: int, rules: Policy | None) -> View:
        """What a category that is no more would forbid or leave out nobody knows: the usual rules, and NO_RULES."""
        version_id = upload.stored.version_id if upload.stored else ""
        view = View(
            name=upload.name,
            extension=extension(upload.name),
            declared_type=canonical(upload.content_type),
            declared_size=upload.size,
            reader=Reader(
                lambda first, length: self.objects.read(upload.key, version_id, first, length),
                size,
                self.budget,
                self.now,
            ),
            upload=upload,
        )
        view.scan = self._scan(view, rules.scan if rules else ScanRule.REQUIRED)
        if rules:
            view.on_mismatch, view.responses, view.bounds = rules.on_mismatch, rules.content, rules.bounds
            view.profiles, view.checks = rules.profiles, rules.checks
            view.call = self.checker.call if self.checker else _nobody
        return view

    def _scan(self, view: View, rule: ScanRule) -> Callable[[], Scan] | None:
        """How the malware scanner is asked, or what is said instead; None where the policy wants no scan."""
        if self.scanner:
            return None if rule is ScanRule.NONE else partial(self.scanner.scan, view.upload, view.reader)
        return (lambda: NO_SCANNER) if rule is ScanRule.REQUIRED else None


def _nobody(*_: object) -> bytes:
    raise CheckFailed("nobody can call it here")
