"""Parameters of the template: defaults, what the local stack chooses, and the types that CloudFormation gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dev.provision.properties import NotLocal, Properties, Refused


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


TYPES: Mapping[str, Callable[[str], Any]] = {
    "String": str,
    "Number": _number,
    "CommaDelimitedList": lambda text: [part.strip() for part in text.split(",")],
}


def values(template: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value. NotLocal for one without a value or an unknown one, Refused for a bad value."""
    declared = template.get("Parameters", {})
    unknown = chosen.keys() - declared.keys()
    if unknown:
        raise NotLocal(f"the template has no parameter {', '.join(sorted(unknown))}")
    return {name: _value(name, spec, chosen) for name, spec in declared.items()}


def _value(name: str, spec: Mapping[str, Any], chosen: Mapping[str, str]) -> Any:
    properties = Properties(f"parameter {name}", spec)
    kind = properties.need("Type")
    text = str(chosen.get(name, properties.take("Default", "")))
    if name not in chosen and "Default" not in spec:
        raise NotLocal(f"parameter {name} has no default and the local stack gives it no value")
    properties.pass_over("Default", "Description", "ConstraintDescription", "NoEcho")
    if kind not in TYPES:
        raise NotLocal(f"parameter {name}: the local stack does not know the type {kind}")
    _check(properties, text)
    properties.close()
    return TYPES[kind](text)


def _check(properties: Properties, text: str) -> None:
    """Hold the text against the constraints, as CloudFormation does before it starts."""
    pattern, allowed = properties.take("AllowedPattern"), properties.take("AllowedValues")
    least, most = properties.take("MinValue"), properties.take("MaxValue")
    fits = (
        (pattern is None or re.fullmatch(pattern, text))
        and (allowed is None or text in map(str, allowed))
        and (least is None or _number(text) >= least)
        and (most is None or _number(text) <= most)
    )
    if not fits:
        raise Refused(f"{properties.where}: the template refuses the value {text!r}")
