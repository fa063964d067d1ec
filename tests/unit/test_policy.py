"""What may be uploaded: every fault of a declaration, by the policy of its category and by the rules for all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portway import policy
from portway.errors import BadSettings, Fault
from portway.verdicts import Severity
from tests.unit.rules import POLICY

POLICIES = policy.load(json.dumps(POLICY))


def faults(**changes: Any) -> list[Fault]:
    """Of a picture that is allowed, but for the changes."""
    picture = {"category": "pictures", "name": "a.png", "size": 10, "content_type": "image/png", "metadata": {}}
    return policy.faults(POLICIES, **{**picture, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"size": 2},
        {"size": 20},
        {"content_type": "image/x-png"},
        {"content_type": "image/jpg", "name": "a.jpeg"},
        {"content_type": "IMAGE/PNG"},
        {"content_type": "image/png; charset=utf-8"},
        {"name": "a.PNG"},
        {"name": "a.jpxg"},
        {"name": "a.tar.png"},
        {"metadata": {"title": "é" * 1000}},
        {"category": "anything", "name": "README", "content_type": "x/y", "size": 0},
    ],
)
def test_what_the_policy_allows_has_no_fault(changes: dict[str, Any]) -> None:
    """Limits are inclusive, `*` stands for any, and capitals make no difference."""
    assert faults(**changes) == []


@pytest.mark.parametrize(
    ("changes", "field", "code", "limit", "value"),
    [
        ({"size": 1}, "size", "too_small", 2, 1),
        ({"size": 21}, "size", "too_large", 20, 21),
        ({"content_type": "text/plain"}, "content_type", "not_allowed", ["image/*"], "text/plain"),
        ({"content_type": "image"}, "content_type", "malformed", 255, "image"),
        ({"name": "a.jpeg"}, "content_type", "extension_mismatch", "image/jpeg", "image/png"),
        ({"name": "a.gif"}, "name", "extension_not_allowed", ["png", "jp*g"], "gif"),
        ({"name": "README"}, "name", "extension_not_allowed", ["png", "jp*g"], ""),
        ({"name": ".png"}, "name", "extension_not_allowed", ["png", "jp*g"], ""),
        ({"name": ""}, "name", "empty", 1, 0),
        ({"category": "films"}, "category", "unknown", ["anything", "passing", "pictures"], "films"),
        ({"metadata": {"title": "é" * 1020}}, "metadata", "too_large", 2048, 2052),
    ],
)
def test_a_fault_names_field_limit_and_value(
    changes: dict[str, Any], field: str, code: str, limit: object, value: object
) -> None:
    """Whoever is refused knows what to change, and to what."""
    found = {(fault.field, fault.code): fault for fault in faults(**changes)}
    fault = found[field, code]
    assert (fault.limit, fault.value) == (limit, value)
    assert fault.message


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        (".a.png", []),
        ("a?.png", []),
        ("a.p?ng", []),
        ("con.png", ["reserved"]),
        ("e\u0301.png", ["not_nfc"]),
        ("shell.php.png", ["double_extension"]),
        ("a.pdf.exe", ["executable", "double_extension", "extension_not_allowed"]),
    ],
)
def test_a_category_rules_over_names(name: str, codes: list[str]) -> None:
    """What it refuses is a fault, what it cleans is none: the name that is kept then has to fit the category."""
    assert [fault.code for fault in faults(name=name) if fault.field == "name"] == codes
    assert faults(category="anything", name=name, content_type="application/octet-stream") == []


def test_a_cleaned_name_is_told() -> None:
    """The client hears at create under which name its file is kept."""
    (warning,) = policy.warnings(POLICIES, category="pictures", name=".a?.png", content_type="image/png")
    assert (warning.field, warning.code, warning.limit, warning.value) == ("name", "cleaned", "a.png", ".a?.png")
    assert policy.name_in(POLICIES, "pictures", ".a?.png") == "a.png"
    assert policy.name_in(POLICIES, "anything", ".a?.png") == ".a?.png"


def test_all_faults_are_named_at_once() -> None:
    """One answer is enough to correct everything."""
    found = faults(name="../a.gif", size=21, content_type="text/plain", metadata={"x": "y" * 3000})
    assert {(fault.field, fault.code) for fault in found} == {
        ("name", "separator"),
        ("name", "extension_not_allowed"),
        ("content_type", "extension_mismatch"),
        ("size", "too_large"),
        ("content_type", "not_allowed"),
        ("metadata", "too_large"),
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "application/vnd.oasis.opendocument.text",
        "text/plain;charset=utf-8",
        'text/plain ; charset="utf-8"',
        "Multipart/X-A; a=1 ; B=2",
        "application/ld+json",
    ],
)
def test_media_types_with_and_without_parameters_are_taken(content_type: str) -> None:
    """As RFC 9110 writes them."""
    assert faults(category="anything", content_type=content_type) == []


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "png",
        "image/",
        "/png",
        "image/png/x",
        "image/png;",
        "image/png; charset",
        "image /png",
        "image/png\r\nSet-Cookie: x=1",
        "image/png;\r\n x=1",
        "image/png;\nx=1",
        "image/png;\tx=1",
        "image/png; x=\x00",
        'image/png; x="\x01"',
        'image/png; x="a\nb"',
        "image/png; x=é",
        'image/png; x="é"',
        "image/png;\u2003x=1",
        "text/\u212a",
        "text/İ",
        "a" * 128 + "/b",
        "image/png; x=" + "y" * 250,
    ],
)
def test_what_cannot_stand_in_a_header_is_no_media_type(content_type: str) -> None:
    """The type becomes a header of S3: one line of printable ASCII, refused before anything is created."""
    assert "malformed" in [fault.code for fault in faults(category="anything", content_type=content_type)]


def test_the_version_names_the_content_of_the_document() -> None:
    """The order of its lines changes nothing, any change of a rule does; verdicts refer to it."""
    turned = {name: POLICY[name] for name in sorted(POLICY)}
    stricter = {**POLICY, "categories": {"anything": POLICY["categories"]["anything"]}}
    assert policy.load(json.dumps(turned)).version == POLICIES.version
    assert policy.load(json.dumps(stricter)).version != POLICIES.version


def test_a_policy_is_read_as_it_was_written() -> None:
    """Limits in bytes, severity as a word."""
    pictures = POLICIES.categories["pictures"]
    assert (pictures.min_size, pictures.max_size, pictures.on_mismatch) == (2, 20, Severity.REJECT)
    assert POLICIES.default_category == "anything"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"default_category": "a", "categories": {"a": {}}}',
        '{"default_category": "b", "categories": {}}',
        json.dumps({**POLICY, "default_category": "films"}),
        json.dumps(POLICY).replace("warning", "shrug"),
        json.dumps({name: POLICY[name] for name in POLICY if name != "quotas"}),
        json.dumps(POLICY).replace("open_uploads", "uploads"),
    ],
)
def test_a_broken_document_stops_the_function(text: str) -> None:
    """Nothing is uploaded under rules that nobody wrote."""
    with pytest.raises(BadSettings):
        policy.load(text)


@pytest.mark.parametrize(
    ("category", "name", "content_type", "codes"),
    [
        ("anything", "a.png", "image/jpeg", ["extension_mismatch"]),
        ("anything", "a.png", "application/octet-stream", []),
        ("anything", "README", "image/jpeg", []),
        ("pictures", "a.png", "image/jpeg", []),
    ],
)
def test_what_is_odd_is_a_warning_where_the_policy_says_so(
    category: str, name: str, content_type: str, codes: list[str]
) -> None:
    """A category that flags contradictions warns of them at create; one that rejects them has refused already."""
    found = policy.warnings(POLICIES, category=category, name=name, content_type=content_type)
    assert [fault.code for fault in found] == codes
