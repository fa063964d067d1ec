"""`make deploy` from the first look to the last check: what runs, in which order, and where it stops."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.config import ROOT
from dev.deploying import __main__ as deploying
from dev.deploying.__main__ import Guide
from dev.deploying.page import NoPage
from dev.deploying.running import Failed, really, shown
from dev.stacks import SAMCONFIG
from tests.deploying.account import FILLED, ISSUER, PARAMETERS, Account, Issuer, account

FILE = """
[dev.global.parameters]
stack_name = "portway-dev"

[dev.deploy.parameters]
region = "eu-central-1"
parameter_overrides = [{lines}]

[dev.page.parameters]
client_id = "page"
"""


class Commands:
    """Stands for the commands: remembers them, and ends each with the code that is planned for it."""

    def __init__(self, **codes: int) -> None:
        self.codes, self.ran = codes, list[tuple[str, Mapping[str, str]]]()

    def __call__(self, command: Sequence[str], variables: Mapping[str, str]) -> int:
        self.ran.append((" ".join(command), variables))
        return self.codes.get(command[1], 0)

    @property
    def names(self) -> list[str]:
        return [words.split()[1] for words, _ in self.ran]


@pytest.fixture
def here() -> Iterator[Account]:
    with account() as made:
        yield made


def config(folder: Path, **more: str) -> Path:
    path = folder / "samconfig.toml"
    lines = ", ".join(f'"{name}={value}"' for name, value in {**FILLED, **more}.items())
    path.write_text(FILE.replace("{lines}", lines), "utf-8")
    return path


def guide(here: Account, path: Path, run: Commands, **more: Any) -> Guide:
    given = {"ask": None, "variables": {}, "release": lambda lines: f"{len(list(lines))}ab", **more}
    return Guide(here, Issuer(), PARAMETERS, run, config=path, **given)


def test_it_looks_builds_and_deploys(here: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """sam shows the change set and asks; the outputs are listed; without a token the next step is named."""
    run = Commands()
    here.stack(ApiUrl="https://api")
    assert guide(here, config(tmp_path), run).deploy("dev") == 0
    out = capsys.readouterr().out
    assert run.names == ["build", "deploy"]
    assert run.ran[0][0] == "make build ARCH=arm64 PYV=3.13"
    command = run.ran[1][0]
    assert command.startswith(
        ".venv-sam/bin/sam deploy --config-env dev --parameter-overrides Issuer=https://id.team.dev/"
    )
    assert command.endswith(" Release=4ab --region eu-central-1"), "another build or parameter is another release"
    assert out.index("credentials") < out.index("$ make build") < out.index("$ .venv-sam/bin/sam deploy")
    assert "ApiUrl" in out
    assert "PORTWAY_TOKEN (docs/deploying.md): AWS_REGION=eu-central-1 make smoke STACK=portway-dev" in out


def test_the_machine_is_that_of_the_environment(here: Account, tmp_path: Path) -> None:
    """Layers hold compiled code: what is built is what its parameters name."""
    run = Commands()
    guide(here, config(tmp_path, Arch="x86_64", Py="python3.12"), run).deploy("dev")
    assert run.ran[0][0] == "make build ARCH=x86_64 PYV=3.12"


def test_a_value_goes_to_sam_as_it_is_written(here: Account, tmp_path: Path) -> None:
    """Quotes and blanks included: a claim may be called anything."""
    run = Commands()
    path = config(tmp_path)
    path.write_text(path.read_text("utf-8").replace('"BusName=portway-dev"', "'TenantClaim=\"the tenant\"'"), "utf-8")
    made = guide(here, path, run)
    replace(made, parameters={**PARAMETERS, "TenantClaim": {}}).deploy("dev")
    assert ' TenantClaim="the tenant" ' in run.ran[1][0]


def test_a_dry_run_runs_nothing(here: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It looks, and shows every command, also where something is in the way."""
    run = Commands()
    path = config(tmp_path, PageCdn="true", Issuer="https://id.example.com")
    before = path.read_text("utf-8")
    assert guide(here, path, run, is_dry=True, variables={"PORTWAY_TOKEN": "t"}).deploy("dev") == 0
    out = capsys.readouterr().out
    assert (run.ran, path.read_text("utf-8")) == ([], before)
    assert [line.split()[1:3] for line in out.splitlines() if line.startswith("$ ")] == [
        ["make", "build"], [".venv-sam/bin/sam", "deploy"], ["make", "web"], ["AWS_REGION=eu-central-1", "make"],
    ]  # fmt: skip
    assert "1 would be in the way: settings" in out


def test_what_is_in_the_way_stops_it_before_the_build(
    here: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and nothing was run."""
    run = Commands()
    assert guide(here, config(tmp_path, AllowedOrigins="*"), run).deploy("dev") == 1
    assert run.ran == []
    assert "1 in the way" in capsys.readouterr().err


@pytest.mark.parametrize(("step", "ran"), [("build", 1), ("deploy", 2), ("smoke", 3)])
def test_a_step_that_fails_is_the_last_one(here: Account, tmp_path: Path, step: str, ran: int) -> None:
    """No page is put in front of a stack that was rolled back."""
    run = Commands(**{step: 2})
    with pytest.raises(Failed, match=f"{step} ended with 2"):
        guide(here, config(tmp_path), run, variables={"SMOKE_CLIENT_ID": "x"}).deploy("dev")
    assert len(run.ran) == ran


def test_the_page_is_built_and_put_after_the_stack(here: Account, tmp_path: Path) -> None:
    """With `PageCdn`, into the bucket that the stack names; then everything is tried out."""
    s3: Any = here.client("s3")
    s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    here.stack(ApiUrl="https://api", PageBucketName="pages", PageUrl="https://up")
    (tmp_path / "index.html").write_text("<!doctype html>")
    run = Commands()
    made = guide(here, config(tmp_path / ".", PageCdn="true"), run, page=tmp_path / "dist", variables={"TOKEN": "t"})
    with pytest.raises(NoPage):
        made.deploy("dev")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/index.html").write_text("<!doctype html>")
    run.ran.clear()
    assert made.deploy("dev") == 0
    assert run.names == ["build", "deploy", "web", "smoke"]
    assert {each["Key"] for each in s3.list_objects_v2(Bucket="pages")["Contents"]} == {"index.html", "config.json"}


def test_nobody_is_asked_where_a_person_said_yes(here: Account, tmp_path: Path) -> None:
    """`make deploy YES=1`, as a pipeline calls it."""
    run = Commands()
    guide(here, config(tmp_path), run, is_sure=True).deploy("dev")
    assert run.ran[1][0].endswith("--no-confirm-changeset")


def test_where_nobody_can_say_yes_it_ends_before_the_build(here: Account, tmp_path: Path) -> None:
    """Staging and prod ask about the change set; a pipeline has to say YES=1."""
    path = config(tmp_path)
    path.write_text(
        path.read_text("utf-8").replace("parameter_overrides", "confirm_changeset = true\nparameter_overrides")
    )
    run = Commands()
    with pytest.raises(Failed, match="YES=1"):
        guide(here, path, run).deploy("dev")
    assert run.ran == []
    assert guide(here, path, run, is_sure=True).deploy("dev") == 0


def test_in_a_terminal_it_asks_for_what_is_missing_and_writes_it(
    here: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once, with the difference shown before it is written; a no leaves the file as it is, and is told."""
    path = config(tmp_path, Issuer="https://id.example.com")
    before = path.read_text("utf-8")
    answers = {"Whose tokens": ISSUER, "Write this": "n"}

    def ask(question: str) -> str:
        return next((answer for words, answer in answers.items() if words in question), "")

    assert guide(here, path, Commands(), ask=ask).deploy("dev") == 1
    assert path.read_text("utf-8") == before
    answers["Write this"] = "y"
    run = Commands()
    assert guide(here, path, run, ask=ask).deploy("dev") == 0
    assert f'+parameter_overrides = ["Issuer={ISSUER}"' in capsys.readouterr().out
    assert f'"Issuer={ISSUER}"' in path.read_text("utf-8")
    assert f" Issuer={ISSUER} " in run.ran[1][0]


def test_commands_find_our_tools_and_not_the_choices_of_this_make(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """sam finds uv beside it; `make build` inside of `make -n deploy`, or with other variables, is its own."""
    monkeypatch.setenv("MAKEFLAGS", "n -- ENV=prod")
    script = 'echo "${MAKEFLAGS-none} $AWS_REGION $SAM_CLI_TELEMETRY $PATH"; pwd; exit 3'
    assert really(["sh", "-c", script], {"AWS_REGION": "eu-west-1"}) == 3
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith(f"none eu-west-1 0 {ROOT / '.venv/bin'}:")
    assert second == str(ROOT)


def test_a_command_is_shown_as_it_could_be_typed() -> None:
    """With blanks and quotes as a shell wants them."""
    assert shown(["make", "a b"], {"AWS_REGION": "x y"}) == "AWS_REGION='x y' make 'a b'"


def test_an_environment_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and nothing was looked at."""
    assert deploying.main(["--env", "nowhere"], run=Commands()) == 2
    assert "no environment nowhere" in capsys.readouterr().err


def test_the_dry_run_of_this_repository_needs_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    """`make deploy DRY_RUN=1` on a fresh checkout: what is missing, and what would be run."""

    class Nobody(Account):
        def client(self, service: str, region_name: str | None = None) -> Any:
            raise AssertionError("nothing is asked without a region")

    before = SAMCONFIG.read_text("utf-8")
    session = Nobody(region_name=None)
    assert deploying.main(["--env", "dev", "--dry-run"], session=lambda: session, run=Commands()) == 0
    out = capsys.readouterr().out
    assert "Issuer: https://id.dev.example.com/ is an example" in out
    assert "$ make build ARCH=arm64 PYV=3.13" in out
    assert SAMCONFIG.read_text("utf-8") == before


@pytest.mark.parametrize(("target", "choices", "words"), [
    ("deploy", ("ENV=prod", "DRY_RUN=1"), "-m dev.deploying --env prod --dry-run"),
    ("deploy", ("ENV=prod", "YES=1"), "-m dev.deploying --env prod --yes"),
    ("remove", ("ENV=staging", "SURE=portway-x"), "-m dev.deploying.removing --env staging --sure portway-x"),
])  # fmt: skip
def test_make_hands_over_what_was_chosen(tmp_path: Path, target: str, choices: Sequence[str], words: str) -> None:
    """The words of docs/deploying.md."""
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/.ready", "-o", ".venv-sam/.ready", target, *choices],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert words in " ".join(done.stdout.split())
