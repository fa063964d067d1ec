"""The questions, in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from dev.deploying.environments import Environment
from dev.deploying.questions import QUESTIONS, SWITCHES, Question, is_on, missing

YES = ("y", "yes")
Ask = Callable[[str], str]
Tell = Callable[[str], object]
Parameters = Mapping[str, Mapping[str, object]]


def answered(
    environment: Environment, parameters: Parameters, ask: Ask, tell: Tell, region: str | None = None
) -> Environment:
    """The environment with what was missing. EOFError when nobody is there to answer. `region` is the session's."""
    overrides, page = dict(environment.overrides), dict(environment.page)
    here = environment.region or (None if region else ask("In which region, such as eu-central-1? ").strip() or None)
    wanting = {question.name for question, _ in missing(environment, parameters)}
    for name, words in SWITCHES.items():
        if name in parameters and name not in overrides:
            overrides[name] = _switch(parameters[name], ask(f"{words} [y/N] ").strip().lower() in YES)
    for question in QUESTIONS:
        known = replace(environment, region=here, overrides=overrides, page=page)
        if not _is_asked(question, known, parameters, wanting):
            continue
        into = page if question.is_of_page else overrides
        if answer := _answer(question, into.get(question.name, ""), ask, tell):
            into[question.name] = answer
    return replace(environment, region=here, overrides=overrides, page=page)


def _is_asked(question: Question, known: Environment, parameters: Parameters, wanting: set[str]) -> bool:
    """What is missing, and what an answer made necessary or possible."""
    is_there = question.is_of_page or question.name in parameters
    is_open = question.name in wanting or not {**known.overrides, **known.page}.get(question.name)
    return is_there and is_open and question.when(known.known(parameters))


def _answer(question: Question, before: str, ask: Ask, tell: Tell) -> str:
    """One that is no fault, asked as often as it takes; what is there now is shown."""
    shown = f" (now {before})" if before else ""
    while True:
        value = ",".join(part.strip() for part in ask(f"{question.words}{shown} ").split(","))
        if not value and not question.is_needed:
            return ""
        if (why := question.fault(value)) is None:
            return value
        tell(f"  {why}")


def _switch(about: Mapping[str, object], is_wanted: bool) -> str:
    """The template's own word for on or off."""
    allowed = about.get("AllowedValues")
    words = [str(each) for each in allowed] if isinstance(allowed, list) else ["false", "true"]
    return next(word for word in words if is_on(word) is is_wanted)
