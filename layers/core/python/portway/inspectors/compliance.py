"""The file keeps to the profiles of its category, as far as that can be proven of it."""

from __future__ import annotations

from collections.abc import Iterator

from portway.pipeline import View
from portway.verdicts import Finding


def inspect(view: View) -> Iterator[Finding]:
    """The verdict names the profiles in any case. Comes after the inspector that looks inside."""
    if view.profiles:
        view.facts["profiles"] = [profile.name for profile in view.profiles]
    for profile in view.profiles:
        yield from profile.doubts(view.upload.metadata, view.is_understood)
