"""One environment of samconfig.toml: what is deployed under which name, and how the page signs people in."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.items import AbstractTable, Array

from dev.stacks import SAMCONFIG, stack_of

PAGE = "page"
"""The section beside `deploy` and `global`: not of sam, which reads the sections of its own commands only."""


@dataclass(frozen=True, slots=True)
class Environment:
    """`overrides` are parameters of the template; `page` is what config.json says besides the endpoint."""

    name: str
    stack: str
    region: str | None
    overrides: Mapping[str, str]
    page: Mapping[str, str]
    confirms: bool = False
    """sam asks before it carries a change set out."""

    def chosen(self, parameters: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
        """The value of each parameter of the template: its own, or the default."""
        defaults = {name: str(about.get("Default", "")) for name, about in parameters.items()}
        return {**defaults, **self.overrides}

    def known(self, parameters: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
        """What a question may depend on: values of parameters that the template has, and the page's."""
        return {name: value for name, value in self.chosen(parameters).items() if name in parameters} | dict(self.page)


def read(name: str, config: Path = SAMCONFIG) -> Environment:
    """Raises NoStack."""
    stack = stack_of(name, config)
    sections = tomllib.loads(config.read_text("utf-8"))[name]
    deploy = sections.get("deploy", {}).get("parameters", {})
    region = deploy.get("region") or sections["global"]["parameters"].get("region")
    pairs = (each.partition("=") for each in deploy.get("parameter_overrides", []))
    page = sections.get(PAGE, {}).get("parameters", {})
    overrides = {key: value for key, _, value in pairs}
    return Environment(name, stack, region, overrides, page, bool(deploy.get("confirm_changeset")))


def rewritten(text: str, name: str, overrides: Mapping[str, str], page: Mapping[str, str], region: str | None) -> str:
    """samconfig.toml with other values for one environment; comments, order and everything else stay as they are."""
    document = tomlkit.parse(text)
    environment = _table(document, name)
    deploy = _table(_table(environment, "deploy"), "parameters")
    if region:
        deploy["region"] = region
    _written(deploy, overrides)
    if page:
        is_new = PAGE not in environment
        parameters = _table(_table(environment, PAGE), "parameters")
        parameters.update(page)
        if is_new:
            parameters.add(tomlkit.nl())
    return tomlkit.dumps(document)


def _table(parent: AbstractTable | tomlkit.TOMLDocument, name: str) -> AbstractTable:
    if name not in parent:
        parent[name] = tomlkit.table(is_super_table=name == PAGE)
    found = parent[name]
    assert isinstance(found, AbstractTable)
    return found


def _written(deploy: AbstractTable, overrides: Mapping[str, str]) -> None:
    """`Name=value` lines: those that are there get their new value in place, others come last."""
    lines = deploy.setdefault("parameter_overrides", tomlkit.array())
    assert isinstance(lines, Array)
    places = {str(line).partition("=")[0]: at for at, line in enumerate(lines)}
    for key, value in overrides.items():
        if key in places:
            lines[places[key]] = f"{key}={value}"
        else:
            lines.add_line(f"{key}={value}", indent="    ")


def difference(before: str, after: str, name: str = SAMCONFIG.name) -> str:
    """What changes, as `diff -u` writes it."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, f"{name} as it is", f"{name} as it will be", n=1))
