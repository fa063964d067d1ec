"""Rules for metadata in policy.yaml: what they may say, and that no pattern can hold up a request."""

from __future__ import annotations

import re
import time

import pytest
import yaml

from dev.policy import compile_policy
from dev.policy_documents import Invalid
from portway import policy
from portway.metadata_rules import MAX_LENGTH, Kind
from tests.unit.test_policy_document import GOOD


def written(field: str, others: str = "allow") -> str:
    """The policy of another test with rules for the metadata of its pictures; `field` is inside of braces."""
    about = "about: What it is for."
    rules = f"{{fields: {{kind: {{type: choice, {about}, choices: [scan, photo]}}, x: {{{about}, {field}}}}}}}"
    return GOOD.replace("    names:", f"    metadata: {rules[:-1]}, others: {others}}}\n    names:")


@pytest.mark.parametrize(
    "field",
    [
        "type: text",
        "type: text, pattern: '[0-9]{8}', required: true",
        "type: text, max_length: 2048",
        "type: integer, min: 1, max: 10",
        "type: number, min: -1.5",
        "type: date, min: 2026-01-01, max: '2026-12-31'",
        "type: boolean, required_if: {field: kind, equals: scan}",
        "type: text, required_if: {field: kind, equals: [scan, photo]}",
        "type: text, required_if: {field: kind, present: true}",
    ],
)
def test_what_a_rule_may_say(field: str) -> None:
    """Each of them is compiled to what the functions load."""
    rules = policy.load(compile_policy(written(field, "refuse"))).categories["pictures"].metadata
    assert rules.fields["x"].kind in Kind
    assert rules.fields["x"].about == "What it is for"
    assert not rules.takes_others


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        ("type: colour", "metadata.fields.x.type"),
        ("type: text, length: 5", "'length' was unexpected"),
        ("type: text, required: 'yes'", "metadata.fields.x.required"),
        ("type: integer, pattern: '[0-9]'", "x: pattern is only for text"),
        ("type: date, max_length: 5", "x: max_length is only for text"),
        ("type: text, min: 5", "x: min is only for date, integer, number"),
        ("type: text, choices: [a]", "x: choices is only for choice"),
        ("type: choice", "x: choices are missing"),
        ("type: choice, choices: [1]", "metadata.fields.x.choices.0"),
        ("type: integer, min: 1.5", "x: min '1.5' is not a whole number"),
        ("type: date, max: tomorrow", "x: max 'tomorrow' is not a day"),
        ("type: date, max: '2026-02-30'", "x: max '2026-02-30' is not a day"),
        ("type: integer, min: 10, max: 9", "x: min 10 is over max 9"),
        ("type: text, pattern: '['", "x: pattern is none"),
        ("type: text, required: true, required_if: {field: kind, present: true}", "exclude each other"),
        ("type: text, required_if: {field: x, present: true}", "names 'x', which is no other field"),
        ("type: text, required_if: {field: y, present: true}", "names 'y', which is no other field"),
        ("type: text, required_if: {field: kind, equals: film}", "waits for film, which kind cannot be"),
        ("type: text, required_if: {field: kind}", "metadata.fields.x.required_if"),
        ("type: text, required_if: {field: kind, present: false}", "metadata.fields.x.required_if.present"),
    ],
)
def test_a_mistake_in_a_rule_is_named(field: str, complaint: str) -> None:
    """With category and field, before anything is deployed."""
    with pytest.raises(Invalid) as caught:
        compile_policy(written(field))
    assert complaint in str(caught.value)
    assert "categories.pictures.metadata" in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a*)*b", "(a|aa)+", "(a|b?)*", "(.*)*", "([a-z]+[0-9]*)+", "(a{1,9}){20}", ".*.*.*.*x", "a*b*c*"),
        *(r"(a)\1", "(?=a)a", "(?<!x)a", "a++", "(?>a*)b"),
    ],
)
def test_a_pattern_that_could_take_long_is_refused(pattern: str) -> None:
    """Whoever sends metadata cannot make a function work for minutes; what looks around has no such bound at all."""
    with pytest.raises(Invalid, match="pattern"):
        compile_policy(written(f"type: text, pattern: {yaml.safe_dump(pattern, width=999).splitlines()[0]}"))


@pytest.mark.parametrize(
    ("pattern", "text", "length"),
    [
        ("[a-z]*[a-z]*!", "a" * MAX_LENGTH, MAX_LENGTH),
        ("[a-z]*[a-z]*[a-z]*!", "a" * 99, 99),
        ("(a|b|c)[a-z]{0,200}[a-z]{0,200}!", "a" * MAX_LENGTH, MAX_LENGTH),
        ("([0-9]{4}-){3}[0-9]+", "1234-1234-1234-" + "1" * 485, MAX_LENGTH),
        (r"[A-Z]{2}[0-9]{6}(-[a-z]{2,8})?", "AB123456-abcdefgh", MAX_LENGTH),
    ],
)
def test_what_is_taken_ends_soon(pattern: str, text: str, length: int) -> None:
    """Also on the text that is worst for it."""
    compiled = compile_policy(written(f"type: text, max_length: {length}, pattern: '{pattern}'"))
    rule = policy.load(compiled).categories["pictures"].metadata.fields["x"]
    assert rule.pattern is not None
    assert rule.pattern == re.compile(pattern)
    started = time.process_time()
    rule.pattern.fullmatch(text)
    assert time.process_time() - started < 1
