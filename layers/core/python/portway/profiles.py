"""Profiles: what a law or a contract asks of some categories, and what of it cannot be proven of one file. Pure.

What a profile asks for is part of its categories' own rules already (`make policy`); here is what has to be said about
files to which those rules were not applied: created before there were such rules, or of a type nobody can look into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portway import metadata_rules
from portway.content import SEVERITIES, Response, Trick
from portway.metadata_rules import MetadataRules, metadata_faults
from portway.verdicts import Finding, Severity

UNMET, UNPROVEN = "profile_unmet", "profile_unproven"


@dataclass(frozen=True, slots=True)
class Profile:
    """`content` is what has to be done about what is inside, `severity` how bad it is when something is not proven."""

    name: str
    metadata: MetadataRules
    content: Mapping[Trick, Response]
    severity: Severity

    def doubts(self, metadata: Mapping[str, str], is_understood: bool) -> Iterator[Finding]:
        """What this profile asks for and nobody can vouch for. `is_understood`: it was looked into the file."""
        for fault in metadata_faults(self.metadata, metadata):
            words = f"Profile {self.name} asks for {fault.field}. Upload the file again, with what it needs."
            yield Finding(UNMET, self.severity, words, fault.message)
        if self.content and not is_understood:
            words = f"Nobody could look whether the file keeps to profile {self.name}. Upload it as another type."
            yield Finding(UNPROVEN, self.severity, words, ", ".join(sorted(self.content)))


def load(compiled: Mapping[str, Mapping[str, Any]]) -> tuple[Profile, ...]:
    """Those of a category, as `make policy` compiled them. KeyError, TypeError or ValueError when they are none."""
    return tuple(
        Profile(
            name,
            metadata_rules.load({"fields": fields["fields"], "others": "allow"}),
            {Trick(trick): Response(response) for trick, response in fields["content"].items()},
            SEVERITIES[Response(fields["unproven"])] or Severity.WARNING,
        )
        for name, fields in compiled.items()
    )
