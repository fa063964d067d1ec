"""What `make deploy` wants to know of a team, how it asks, and what it writes into samconfig.toml."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from dev import stacks
from dev.deploying.asking import answered
from dev.deploying.environments import difference, read, rewritten
from dev.deploying.questions import QUESTIONS, missing
from dev.stacks import SAMCONFIG, NoStack
from tests.deploying.account import FILLED, ISSUER, PARAMETERS, environment

ELSEWHERE = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
NORTH = "arn:aws:acm:us-east-1:123456789012:certificate/1"


def faults(**overrides: str) -> set[str]:
    filled = replace(environment(), overrides={**FILLED, **overrides})
    return {question.name for question, _ in missing(filled, PARAMETERS)}


def test_the_file_in_the_repository_is_not_deployable_as_it_is() -> None:
    """Its addresses are examples: nobody deploys a backend that trusts id.example.com."""
    for name in ("dev", "staging", "prod"):
        found = {question.name: why for question, why in missing(read(name), PARAMETERS)}
        assert {"Issuer", "AllowedOrigins"} <= found.keys()
        assert "is an example" in found["Issuer"]


def test_what_is_filled_in_is_not_asked_for() -> None:
    """With issuer, audience and origins of one's own there is nothing left to say."""
    assert faults() == set()


PAGE, FILES = {"PageCdn": "true"}, {"FilesCdn": "true", "FilesDomain": "files.team.dev"}
WRONG: list[tuple[dict[str, str], set[str]]] = [
    ({"Issuer": "id.team.dev"}, {"Issuer"}),
    ({"Issuer": ""}, {"Issuer"}),
    ({"Issuer": "http://id.team.dev"}, {"Issuer"}),
    ({"Issuer": "https://example.com/auth"}, {"Issuer"}),
    ({"Issuer": "https://login.example.org"}, {"Issuer"}),
    ({"Issuer": "https://myexample.com.team.dev"}, set()),
    ({"Audience": "a b"}, {"Audience"}),
    ({"AllowedOrigins": "*"}, {"AllowedOrigins"}),
    ({"AllowedOrigins": "https://*.team.dev"}, {"AllowedOrigins"}),
    ({"AllowedOrigins": "https://app.team.dev/"}, {"AllowedOrigins"}),
    ({"AllowedOrigins": "http://app.team.dev"}, {"AllowedOrigins"}),
    ({"AllowedOrigins": "http://localhost:3000,https://a.team.dev"}, set()),
    ({"AllowedOrigins": "https://a.team.dev,https://www.example.com"}, {"AllowedOrigins"}),
    ({"ApiDomain": "api.team.dev"}, {"ApiCertificate"}),
    ({"ApiDomain": "https://api.team.dev", "ApiCertificate": NORTH}, {"ApiDomain"}),
    ({"ApiDomain": "api.team.dev", "ApiCertificate": ELSEWHERE}, set()),
    (PAGE, {"client_id"}),
    ({**PAGE, "PageDomain": "up.team.dev"}, {"client_id", "PageCertificate"}),
    ({"FilesDomain": "files.team.dev"}, set()),
    ({**FILES, "FilesCertificate": ELSEWHERE}, {"FilesCertificate"}),
    ({**FILES, "FilesCertificate": NORTH}, set()),
]


@pytest.mark.parametrize(("overrides", "wrong"), WRONG)
def test_what_cannot_work_is_told_before_anything_is_built(overrides: dict[str, str], wrong: set[str]) -> None:
    """Addresses, origins, names and certificates that would fail minutes later, or be accepted and be wrong."""
    assert faults(**overrides) == wrong


def test_a_parameter_that_the_template_does_not_have_is_not_asked_for() -> None:
    """The questions follow the template."""
    few = {name: PARAMETERS[name] for name in ("Issuer", "Audience", "AllowedOrigins")}
    assert not list(missing(environment(PageCdn="true", ApiDomain="x"), few))


class Person:
    """Answers by the first words of a question; what was asked stays."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", " "): list(rest) for name, rest in answers.items()}
        self.told: list[str] = []
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        for words, rest in self.answers.items():
            if words in question and rest:
                return rest.pop(0)
        raise EOFError


def test_what_is_missing_is_asked_until_it_can_be_used() -> None:
    """A slip is told and asked again; what is there already is not asked; the page brings its own questions."""
    person = Person(
        Put_the_uploader_page=["y"], Serve_published=["n"], Whose_tokens=["id.team.dev", ISSUER],
        Origins=["https://a.team.dev, https://b.team.dev"], name_of_your_own_for_the_API=[""],
        name_of_your_own_for_the_page=["up.team.dev"], certificate=[ELSEWHERE, NORTH], Client_id=["page"],
    )  # fmt: skip
    bare = environment(Issuer="https://id.example.com", AllowedOrigins="https://www.example.com")
    found = answered(bare, PARAMETERS, person, person.told.append)
    assert found.overrides == {
        **FILLED, "AllowedOrigins": "https://a.team.dev,https://b.team.dev", "PageCdn": "true", "FilesCdn": "false",
        "PageDomain": "up.team.dev", "PageCertificate": NORTH,
    }  # fmt: skip
    assert found.page == {"client_id": "page"}
    assert [line.strip()[:12] for line in person.told] == ["'id.team.dev", "it is of eu-"]
    assert not [question for question in person.asked if "For whom" in question or "for files" in question]
    assert not list(missing(found, PARAMETERS))


@pytest.mark.parametrize(("written", "of_session", "found"), [
    (None, None, "eu-west-1"), (None, "us-east-1", None), ("eu-north-1", None, "eu-north-1"),
])  # fmt: skip
def test_a_region_is_asked_for_where_nobody_names_one(
    written: str | None, of_session: str | None, found: str | None
) -> None:
    """It is written down then; that of the environment's variables is not, it may be another one tomorrow."""
    person = Person(In_which_region=["eu-west-1"], Put_the=["n"], Serve=["n"], A_name=[""])
    answered_one = answered(environment(region=written), PARAMETERS, person, print, of_session)
    assert answered_one.region == found


def test_the_region_of_the_variables_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION, as the documentation says; boto3 itself does not read it. A region that was named goes before it."""
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert stacks.session().region_name == "eu-west-3"
    assert stacks.session("eu-north-1").region_name == "eu-north-1"


def test_nobody_to_answer_ends_it() -> None:
    """A closed standard input is no answer."""
    with pytest.raises(EOFError):
        answered(environment(Issuer=""), PARAMETERS, Person(), print)


def test_only_what_was_answered_changes_in_the_file(tmp_path: Path) -> None:
    """Comments, order, other environments and other parameters stay; the difference shows what does not."""
    before = SAMCONFIG.read_text("utf-8")
    after = rewritten(before, "dev", {"Issuer": ISSUER, "PageCdn": "true"}, {"client_id": "page"}, "eu-west-1")
    changed = [line for line in difference(before, after).splitlines()[2:] if line[:1] in "+-" and line[1:].strip()]
    assert changed == [
        '-    "Issuer=https://id.dev.example.com/",', f'+    "Issuer={ISSUER}",', '+    "PageCdn=true",',
        '+region = "eu-west-1"', "+[dev.page.parameters]", '+client_id = "page"',
    ]  # fmt: skip
    path = tmp_path / "samconfig.toml"
    path.write_text(after, "utf-8")
    found = read("dev", path)
    assert (found.overrides["Issuer"], found.overrides["LogDays"], found.region) == (ISSUER, "7", "eu-west-1")
    assert found.page == {"client_id": "page"}
    assert tomllib.loads(after)["prod"] == tomllib.loads(before)["prod"]


def test_answering_twice_changes_what_was_answered(tmp_path: Path) -> None:
    """The second time a value is replaced, not added."""
    once = rewritten(SAMCONFIG.read_text("utf-8"), "dev", {"Issuer": ISSUER}, {"client_id": "one"}, None)
    twice = rewritten(once, "dev", {"Issuer": "https://other.team.dev"}, {"client_id": "two"}, None)
    assert twice.count("Issuer=") == once.count("Issuer=")
    assert tomllib.loads(twice)["dev"]["page"]["parameters"] == {"client_id": "two"}
    assert rewritten(twice, "dev", {}, {}, None) == twice


def test_an_environment_that_nobody_wrote_is_told() -> None:
    """With the name that was asked for."""
    with pytest.raises(NoStack, match="no environment nowhere"):
        read("nowhere")


def test_every_question_can_be_answered_wrongly() -> None:
    """There is none that takes whatever it is told."""
    assert all(question.fault("no such thing") for question in QUESTIONS)
