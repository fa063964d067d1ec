"""What inspection says of samples, under the strictest usual responses: what it finds, and what that costs."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from dev.corpus.samples import Sample
from portway import pipeline
from portway.content import Trick
from portway.inspectors import INSPECTORS
from portway.verdicts import Finding, Severity, reason_of
from tests.unit.sources import Source, unheard, view

HARMLESS = {Trick.UNSUPPORTED.value}
"""A flag that says nothing bad about a good file: what of it nobody can look into."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample, all findings, and what they cost: milliseconds, and ranges that were asked for."""

    sample: Sample
    findings: tuple[Finding, ...]
    facts: Mapping[str, object]
    milliseconds: float
    requests: int

    @property
    def is_right(self) -> bool:
        """A hostile file has one of its codes, a good one nothing that would be minded."""
        return bool(self.minded & self.sample.codes) if self.sample.is_hostile else not self.minded

    @property
    def minded(self) -> set[str]:
        """The codes of findings that keep a file back or flag it."""
        return {each.code for each in self.findings if each.severity is not Severity.NOTE} - HARMLESS

    @property
    def is_kept_back(self) -> bool:
        return reason_of(self.findings) is not None


def judge(sample: Sample) -> Judged:
    """What all inspectors say of it; a bug of one of them is raised."""
    source = Source(sample.make())
    seen = view(source, sample.content_type, f"sample.{sample.extension}" if sample.extension else "sample")
    started = monotonic()
    found = pipeline.inspect(seen, INSPECTORS, lambda: int(monotonic() * 1000), unheard).findings
    return Judged(sample, found, seen.facts, (monotonic() - started) * 1000, len(source.reads))


def families() -> dict[str, tuple[Sample, ...]]:
    """The samples of every module beside this one that has some, by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    found = {name: importlib.import_module(f"dev.corpus.{name}") for name in names if not name.startswith("_")}
    return {name: module.SAMPLES for name, module in found.items() if hasattr(module, "SAMPLES")}


def table(judged: Mapping[str, Iterable[Judged]]) -> str:
    """A row for each family and one for all, in Markdown."""
    rows = [(family, tuple(each)) for family, each in judged.items()]
    rows.append(("**all**", tuple(one for _, each in rows for one in each)))
    head = "| family | good | false alarms | hostile | detected | kept back | ms per file | requests per file |"
    return "\n".join((head, "|---" * 8 + "|", *(_row(family, each) for family, each in rows)))


def _row(family: str, judged: tuple[Judged, ...]) -> str:
    good = [each for each in judged if not each.sample.is_hostile]
    hostile = [each for each in judged if each.sample.is_hostile]
    alarms, detected = sum(not each.is_right for each in good), sum(each.is_right for each in hostile)
    kept = sum(each.is_kept_back for each in hostile)
    time, requests = (sum(getattr(each, what) for each in judged) for what in ("milliseconds", "requests"))
    count = len(judged) or 1
    figures = (len(good), alarms, len(hostile), detected, kept, f"{time / count:.1f}", f"{requests / count:.1f}")
    return f"| {family} | {' | '.join(map(str, figures))} |"
