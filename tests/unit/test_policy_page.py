"""docs/policy.md: what may be uploaded, in words, and always what policy.yaml says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev import policy_page
from dev.policy import compile_policy
from dev.policy_sections import BOUNDS, metadata, size
from portway.content import Trick
from portway.name_rules import NameRule
from tests.unit.test_policy_document import GOOD

SHIPPED = policy_page.SOURCE.read_text("utf-8")


def test_5_1_1_the_rules_are_documented_as_they_are() -> None:
    """The page is made again from policy.yaml and compared: types, extensions, sizes, and what happens otherwise."""
    assert policy_page.TARGET.read_text("utf-8") == policy_page.page(SHIPPED)


def test_every_category_with_all_its_rules_is_on_the_page() -> None:
    """Each type, each extension and each size limit, and a row for every rule about names."""
    page = policy_page.page(SHIPPED)
    for name, fields in json.loads(compile_policy(SHIPPED))["categories"].items():
        _, _, section = page.partition(f"## Category `{name}`")
        section = section.partition("\n## ")[0]
        named = [*fields["content_types"], *fields["extensions"]]
        assert all(f"`{word}`" in section for word in named if not word.startswith("*"))
        assert f"{size(fields['min_size'])} to {size(fields['max_size'])}" in section
    assert all(f"| `{rule}` |" in page for rule in (*NameRule, *Trick))
    assert all(words in page for words, _ in BOUNDS.values())
    assert "| `images` | until they are deleted | 90 days |" in page


def test_what_is_asked_of_metadata_is_on_the_page() -> None:
    """Which fields, what for, of which form, and when they are needed."""
    condition = {"field": "kind", "equals": ["b"]}
    fields = {
        "task_id": {"type": "text", "about": "The task", "pattern": "[0-9]{8}", "required_if": condition},
        "kind": {"type": "choice", "about": "The kind", "choices": ["a", "b"], "required": True},
        "pages": {"type": "integer", "about": "How many", "min": "1", "max": "9"},
    }
    words = metadata({"metadata": {"fields": fields, "others": "refuse"}})
    assert "| `task_id` | The task | at most 500 characters, of the form `[0-9]{8}` | where `kind` is `b` |" in words
    assert "| `kind` | The kind | one of `a`, `b` | always |" in words
    assert "| `pages` | How many | a whole number such as 42, from 1, to 9 | no |" in words
    assert "`unexpected`" in words


def test_a_tenant_with_other_quotas_is_named() -> None:
    """Nobody has to look for exceptions elsewhere."""
    page = policy_page.page(GOOD)
    assert "| an owner | 1 GiB | 5 |" in page
    assert "| an owner, for tenant `acme` | 5 GiB | 5 |" in page
    assert "| a tenant, all owners together, for tenant `globex` | 1 TiB | 0 |" in page


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (1536, "1,536 B"),
        (5 << 30, "5 GiB"),
        (3 << 41, "6 TiB"),
    ],
)
def test_a_size_is_exact(count: int, words: str) -> None:
    """The largest unit that leaves no rest: nothing is rounded."""
    assert size(count) == words


def test_a_stale_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make check` fails with the difference, also when there is no page; `make policy-page` makes it pass."""
    monkeypatch.setattr(policy_page, "TARGET", tmp_path / "policy.md")
    assert policy_page.main(["--check"]) == 1
    (tmp_path / "policy.md").write_text(policy_page.page(SHIPPED).replace("100 MiB", "200 MiB"), "utf-8")
    assert policy_page.main(["--check"]) == 1
    assert "-| size | 1 B to 200 MiB" in capsys.readouterr().out
    assert policy_page.main([]) == 0
    assert policy_page.main(["--check"]) == 0
