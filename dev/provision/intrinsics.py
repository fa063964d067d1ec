"""The intrinsic functions of CloudFormation, as far as the template uses them; any other is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dev.provision.properties import NotLocal, Refused

NO_VALUE = object()
"""What Ref AWS::NoValue gives: the property around it disappears."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a template may say about a resource: Ref gives `ref`, GetAtt one of `attributes`."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Resolver:
    """Turns what the template says into plain values.

    `name` tells the Named of a logical id; names are known before anything is created, so the order does not matter.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, str],
        name: Callable[[str], Named],
    ) -> None:
        self.template, self.parameters, self.pseudo, self.name = template, parameters, pseudo, name

    def value(self, node: Any) -> Any:
        """`node` without intrinsic functions."""
        if isinstance(node, Mapping):
            return self._mapping(node)
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not NO_VALUE]
        return node

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true."""
        return bool(self.value(self._entry("Conditions", condition)))

    def _mapping(self, node: Mapping[str, Any]) -> Any:
        if len(node) == 1:
            (function, argument), *_ = node.items()
            if function in FUNCTIONS:
                return FUNCTIONS[function](self, argument)
            if function.startswith("Fn::"):
                raise NotLocal(f"the local stack does not know the function {function}")
        pairs = ((name, self.value(value)) for name, value in node.items())
        return {name: value for name, value in pairs if value is not NO_VALUE}

    def check_rules(self) -> None:
        """Hold the parameters against the template's Rules, as CloudFormation does before it starts. Raises Refused."""
        for rule in self.template.get("Rules", {}).values():
            if "RuleCondition" in rule and not self.value(rule["RuleCondition"]):
                continue
            for each in rule["Assertions"]:
                if not self.value(each["Assert"]):
                    raise Refused(f"the template refuses this: {each['AssertDescription']}")

    def _entry(self, section: str, name: str) -> Any:
        try:
            return self.template[section][name]
        except KeyError:
            raise NotLocal(f"{section} of the template has no {name}") from None

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        return self.parameters[name] if name in self.parameters else self.name(name).ref

    def _get_att(self, argument: Any) -> str:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        attributes = self.name(logical_id).attributes
        if attribute not in attributes:
            raise NotLocal(f"{logical_id}: the local stack does not know the attribute {attribute}")
        return attributes[attribute]

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return text_of(self.value(own[name]))
            return text_of(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", replaced, text)

    def _join(self, argument: Any) -> str:
        separator, parts = argument
        return str(separator).join(text_of(part) for part in self.value(parts))

    def _split(self, argument: Any) -> list[str]:
        separator, text = argument
        return str(self.value(text)).split(separator)

    def _select(self, argument: Any) -> Any:
        index, rows = argument
        return self.value(rows)[int(self.value(index))]

    def _find_in_map(self, argument: Any) -> Any:
        table, first, second = (self.value(part) for part in argument)
        return self._entry("Mappings", table)[str(first)][str(second)]

    def _if(self, argument: Any) -> Any:
        condition, yes, no = argument
        return self.value(yes if self.holds(condition) else no)

    def _equals(self, argument: Any) -> bool:
        left, right = (text_of(self.value(side)) for side in argument)
        return left == right


def text_of(value: Any) -> str:
    """A value as CloudFormation writes it into a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


FUNCTIONS: Mapping[str, Callable[[Resolver, Any], Any]] = {
    "Ref": Resolver._ref,
    "Condition": Resolver.holds,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::Sub": Resolver._sub,
    "Fn::Join": Resolver._join,
    "Fn::Split": Resolver._split,
    "Fn::Select": Resolver._select,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::If": Resolver._if,
    "Fn::Equals": Resolver._equals,
    "Fn::Contains": lambda resolver, argument: resolver.value(argument[1]) in resolver.value(argument[0]),
    "Fn::Not": lambda resolver, argument: not resolver.value(argument[0]),
    "Fn::And": lambda resolver, argument: all(resolver.value(part) for part in argument),
    "Fn::Or": lambda resolver, argument: any(resolver.value(part) for part in argument),
}
