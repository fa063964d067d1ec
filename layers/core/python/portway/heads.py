"""The first bytes of a file, sent with create: what they contradict is told before anything is sent. Pure.

They are the client's word and are not kept: what is stored is inspected in any case.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator

from portway.content import TRAITS, Response, Trick
from portway.errors import Fault
from portway.formats.signatures import contradiction_of, program_of
from portway.media_types import CONTENT_MISMATCH, canonical
from portway.policy import Policy
from portway.reader import HEAD_BYTES
from portway.verdicts import Severity

LEAST = 512
"""Fewer bytes of a longer file prove nothing, not even that it does not begin like its type."""


def head_faults(policy: Policy | None, head: str | None, size: int | None, content_type: str) -> Iterator[Fault]:
    """What is wrong with the head (base64) itself, and what the category refuses that begins so."""
    if head is None:
        return
    first = _decoded(head)
    if isinstance(first, Fault):
        yield first
    elif misfit := _misfit(len(first), size):
        yield misfit
    elif policy:
        yield from _contradictions(policy, first, content_type, Severity.REJECT)
        program = program_of(first) if policy.content[Trick.EXECUTABLE] is Response.REJECT else None
        if program:
            yield Fault("head", Trick.EXECUTABLE.value, TRAITS[Trick.EXECUTABLE].words, value=program)


def head_warnings(policy: Policy, head: str | None, content_type: str) -> Iterator[Fault]:
    """What is odd about a head without faults, where the category lets a file pass that is not what it says."""
    first = None if head is None else _decoded(head)
    if isinstance(first, bytes):
        yield from _contradictions(policy, first, content_type, Severity.WARNING)


def _contradictions(policy: Policy, first: bytes, content_type: str, severity: Severity) -> Iterator[Fault]:
    words = contradiction_of(first, canonical(content_type)) if policy.on_mismatch is severity else None
    if words:
        yield Fault("content_type", CONTENT_MISMATCH, words, value=content_type)


def _decoded(head: str) -> bytes | Fault:
    if len(head) > 4 * -(-HEAD_BYTES // 3):
        return _too_large(HEAD_BYTES, len(head) * 3 // 4)
    try:
        return b64decode(head, validate=True)
    except (binascii.Error, ValueError):
        return Fault("head", "malformed", "head must be base64 of the first bytes of the file.")


def _misfit(length: int, size: int | None) -> Fault | None:
    most = HEAD_BYTES if size is None else min(size, HEAD_BYTES)
    least = min(LEAST, most)
    if length > most:
        return _too_large(most, length)
    words = f"head is {length} bytes: send the first {least} of the file or more, or leave it out."
    return Fault("head", "too_short", words, least, length) if length < least else None


def _too_large(most: int, length: int) -> Fault:
    words = f"head is {length} bytes: send the first {most} of the file at most."
    return Fault("head", "too_large", words, most, length)
