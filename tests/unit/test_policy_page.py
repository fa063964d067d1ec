"""docs/policy.md: what may be uploaded, in words, and always what policy.yaml says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dev import policy_page
from dev.policy import compile_policy
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
        assert f"{policy_page.size(fields['min_size'])} to {policy_page.size(fields['max_size'])}" in section
    assert all(f"| `{rule}` |" in page for rule in NameRule)


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
    assert policy_page.size(count) == words


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
