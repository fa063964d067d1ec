"""GitHub runs nothing that nobody can run at a desk, and nothing that somebody else may change under our feet.

`make validate` holds the files against GitHub's own schema and checkov's rules; here is what both do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dev.config import ROOT

FOLDER = ROOT / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def workflow(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))


def steps(document: Any) -> Iterator[dict[str, Any]]:
    for job in document["jobs"].values():
        yield from job["steps"]


def commands() -> list[str]:
    return [step["run"] for path in FILES for step in steps(workflow(path.stem)) if "run" in step]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_ci_calls_make_and_nothing_else() -> None:
    """Each command is one line of make, with a target that the Makefile has."""
    assert len(commands()) >= 4
    for command in commands():
        words = command.split()
        assert words[0] == "make", command
        assert words[1] in targets(), command
        assert "\n" not in command.strip()


def test_both_gates_are_run() -> None:
    """What .ci/run does, GitHub does."""
    ours = re.findall(r"^make .*$", (ROOT / ".ci/run").read_text("utf-8"), re.MULTILINE)
    assert ours
    assert set(ours) <= set(commands())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_actions_are_pinned_to_a_commit(path: Any) -> None:
    """A tag can be moved; the comment says which version the commit is."""
    used = [line.strip() for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert not [line for line in used if not PINNED.search(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_from_outside_becomes_part_of_a_command(path: Any) -> None:
    """Titles, branches and inputs reach commands as variables only, which no shell reads as code."""
    assert not [command for command in commands() if "${{" in command]
    assert "pull_request_target" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_jobs_end_and_may_do_little(path: Any) -> None:
    """Each has a limit in minutes; the token reads, and a checkout leaves none behind."""
    document = workflow(path.stem)
    assert document["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 120 for job in document["jobs"].values())
    checkouts = [step for step in steps(document) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_only_an_environment_gets_into_the_account() -> None:
    """The role and the secret are those of the environment, which may ask for approval; a pull request has neither."""
    (job,) = workflow("deploy")["jobs"].values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["permissions"]["id-token"] == "write"
    ci = (FOLDER / "ci.yml").read_text("utf-8")
    assert not re.search(r"secrets\.|id-token|vars\.", ci)


def test_the_secret_reaches_the_smoke_test_only() -> None:
    """Neither the build nor an action of somebody else sees it."""
    holding = [step for step in steps(workflow("deploy")) if "secrets." in str(step)]
    assert [step["run"].split()[:2] for step in holding] == [["make", "smoke"]]


def test_every_environment_can_be_chosen() -> None:
    """Those of samconfig.toml, and no other."""
    document = workflow("deploy")
    chosen = document[True]["workflow_dispatch"]["inputs"]["environment"]["options"]  # YAML 1.1 reads `on` as true
    text = (ROOT / "samconfig.toml").read_text("utf-8")
    assert set(chosen) == set(re.findall(r"^\[(\w+)\.deploy\.parameters\]", text, re.MULTILINE))


def test_screenshots_are_kept_although_their_folder_is_hidden() -> None:
    """upload-artifact leaves out folders whose name begins with a dot, unless it is told not to."""
    (step,) = [step for step in steps(workflow("ci")) if "upload-artifact" in step.get("uses", "")]
    assert step["with"]["path"].startswith(".build/")
    assert step["with"]["include-hidden-files"] is True
    assert step["if"] == "always()"


def test_every_variable_is_documented() -> None:
    """Whoever sets up a repository finds each name on the page."""
    page = (ROOT / "docs/deploying.md").read_text("utf-8")
    names = set(re.findall(r"(?:vars|secrets)\.(\w+)", (FOLDER / "deploy.yml").read_text("utf-8")))
    assert names
    assert not {name for name in names if f"`{name}`" not in page}
