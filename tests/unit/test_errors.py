"""The errors: each a meaning with a stable code; protocols translate them once."""

from __future__ import annotations

import inspect
import re

import pytest

from portway import errors
from portway.errors import Fault, PortwayError

CODES = {
    "Refused": "invalid_request",
    "NotFound": "not_found",
    "Unauthorized": "bad_token",
    "Forbidden": "forbidden",
    "Gone": "gone",
    "WrongState": "wrong_state",
    "PartsMissing": "parts_missing",
    "PartsDiffer": "parts_differ",
    "KeyReused": "idempotency_key_reused",
    "QuotaExceeded": "quota_exceeded",
    "RateLimited": "rate_limited",
    "Busy": "busy",
    "Conflict": "conflict",
    "Exists": "exists",
    "UploadGone": "upload_gone",
    "PartsChanged": "parts_changed",
    "Awaited": "awaited",
    "Unavailable": "unavailable",
    "Stray": "stray_object",
    "ScannerFailed": "scanner_failed",
    "BadSettings": "bad_settings",
}
CLASSES = {
    name: found
    for name, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, PortwayError) and found.__module__ == errors.__name__
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_codes_are_stable(name: str, code: str) -> None:
    """A client may compare codes: they are part of the contract and never change."""
    assert CLASSES[name].code == code


def test_every_error_that_is_raised_has_a_code_of_its_own() -> None:
    """No two meanings share a code, and none is without; only the roots have the general one."""
    assert set(CLASSES) - set(CODES) == {"PortwayError", "StoreAnswer"}
    assert len(set(CODES.values())) == len(CODES)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    """Whoever opens errors.py sees all errors, each under its parent."""
    drawn = re.findall(r"^([│ ]*)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert {name for _, name in drawn} | {"PortwayError"} == set(CLASSES)
    above = ["PortwayError"]
    for indent, name in drawn:
        above = [*above[: len(indent) // 4 + 1], name]
        assert CLASSES[name].__base__ is CLASSES[above[-2]], name


def test_only_what_may_work_the_next_time_is_retryable() -> None:
    """A client that repeats exactly the retryable requests neither gives up early nor tries forever."""
    retryable = {name for name, found in CLASSES.items() if found.retryable}
    assert retryable == {"RateLimited", "Busy", "Unavailable", "Stray", "ScannerFailed"}


def test_no_error_knows_an_http_status() -> None:
    """The core raises meanings; a number from 400 on is a protocol's business."""
    assert not re.search(r"\b[45]\d\d\b", inspect.getsource(errors))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.Refused([Fault("size", "too_large", "size is too large."), Fault("name", "empty", "name is empty.")]),
         "size is too large. name is empty."),
        (errors.NotFound(), "Check the id"),
        (errors.Unauthorized(), "Ask the owner"),
        (errors.Gone(), "Upload it again"),
        (errors.WrongState("ABORTED", "Create a new upload."), "in state ABORTED. Create a new upload."),
        (errors.PartsMissing([(1, 2)]), "Sign and send the missing ones"),
        (errors.PartsDiffer([Fault("parts.1", "size_differs", "The part has another size.")]), "another size"),
        (errors.KeyReused(), "Send a new key"),
        (errors.QuotaExceeded("tenant", "bytes", 90, 100, 20), "tenant's quota of bytes is reached: 90 of 100 used,"),
        (errors.Busy(), "Send the same request again"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)  # fmt: skip
def test_an_error_says_what_happened_and_what_to_do(error: PortwayError, words: str) -> None:
    """The text is for the person in front of the client, with the figures that matter."""
    assert words in str(error)


def test_errors_carry_their_facts() -> None:
    """What a program needs is an attribute, not a part of a sentence."""
    quota = errors.QuotaExceeded("owner", "open_uploads", 3, 3, 1)
    assert (quota.scope, quota.what, quota.used, quota.limit, quota.wanted) == ("owner", "open_uploads", 3, 3, 1)
    assert errors.PartsMissing([(1, 2), (5, 5)]).missing == ((1, 2), (5, 5))
    assert errors.WrongState("EXPIRED", "").state == "EXPIRED"
    assert errors.Conflict("as it is").current == "as it is"
    assert errors.Exists("the other").current == "the other"
