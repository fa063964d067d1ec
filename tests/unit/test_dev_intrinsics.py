"""The local stack reads a template as CloudFormation would, or says what it cannot read."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from dev.provision import parameters
from dev.provision.intrinsics import Named, Resolver
from dev.provision.properties import NotLocal, Properties, Refused

TEMPLATE: dict[str, Any] = {
    "Mappings": {"Days": {"7": {"Abort": 9}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "IsNot": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsNot"}]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsNot"}]},
    },
}


def _name(logical_id: str) -> Named:
    if logical_id != "Queue":
        raise NotLocal(f"the template has no parameter or resource {logical_id}")
    return Named("http://queue", {"Arn": "arn:queue"})


@pytest.fixture
def resolver() -> Resolver:
    values = {"Env": "dev", "Seconds": 900, "Origins": ["http://a", "http://b"], "IsOn": True}
    return Resolver(TEMPLATE, values, {"AWS::Region": "eu-central-1"}, _name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"Ref": "Seconds"}, 900),
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Ref": "Queue"}, "http://queue"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:queue"),
        ({"Fn::Sub": "${Seconds}000 ${Queue.Arn} ${!Literal} ${IsOn}"}, "900000 arn:queue ${Literal} true"),
        ({"Fn::Sub": ["${own}/${Env}", {"own": {"Ref": "Seconds"}}]}, "900/dev"),
        ({"Fn::Join": [",", {"Ref": "Origins"}]}, "http://a,http://b"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["Days", "7", "Abort"]}, 9),
        ({"Fn::If": ["IsProd", "big", "small"]}, "small"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Ref": "AWS::NoValue"}, 2]}, {"b": [2]}),
        ({"Condition": {"StringLike": {"s3:prefix": "in/*"}}, "Effect": "Deny"}, None),
    ],
)
def test_functions_give_what_cloudformation_gives(resolver: Resolver, written: Any, meant: Any) -> None:
    """Every intrinsic function that the template may use has CloudFormation's meaning."""
    assert resolver.value(written) == (written if meant is None else meant)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue"),
        ({"Ref": "Nobody"}, "Nobody"),
        ({"Fn::GetAtt": ["Queue", "Colour"]}, "Colour"),
        ({"Fn::FindInMap": ["Nowhere", "a", "b"]}, "Nowhere"),
    ],
)
def test_what_cannot_be_resolved_is_named(resolver: Resolver, written: Any, named: str) -> None:
    """A function, resource, attribute or map that is not known is an error that says which."""
    with pytest.raises(NotLocal, match=named):
        resolver.value(written)


def test_a_property_that_nobody_looked_at_is_an_error() -> None:
    """The template cannot grow past the local stack unnoticed, however deep the new property lies."""
    properties = Properties("Bucket", {"Known": 1, "Outer": {"Known": 1, "New": 2}})
    properties.take("Known")
    outer = properties.inside("Outer")
    outer.take("Known")
    with pytest.raises(NotLocal, match=r"Bucket\.Outer: the local stack does not look at New"):
        properties.close()
    outer.pass_over("New")
    properties.close()


def test_a_missing_property_is_named() -> None:
    """What the stack needs and the template does not say is an error, not a None somewhere later."""
    with pytest.raises(NotLocal, match="Rule: EventPattern is missing"):
        Properties("Rule", {}).need("EventPattern")
    with pytest.raises(NotLocal, match="an object is expected"):
        Properties("Rule", {"Target": "text"}).inside("Target")


DECLARED = {
    "Parameters": {
        "Minutes": {"Type": "Number", "Default": 5, "MinValue": 2, "MaxValue": 60, "Description": "words"},
        "Rate": {"Type": "Number", "Default": "1.5"},
        "Origins": {"Type": "CommaDelimitedList"},
        "Level": {"Type": "String", "Default": "INFO", "AllowedValues": ["INFO", "ERROR"]},
        "Name": {"Type": "String", "Default": "portway", "AllowedPattern": "[a-z]+"},
    }
}


def test_parameters_have_cloudformations_types() -> None:
    """Numbers are numbers, lists are lists, defaults count where nothing is chosen."""
    assert parameters.values(DECLARED, {"Origins": "http://a, http://b"}) == {
        "Minutes": 5,
        "Rate": 1.5,
        "Origins": ["http://a", "http://b"],
        "Level": "INFO",
        "Name": "portway",
    }


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({}, "Origins has no default"),
        ({"Origins": "a", "Colour": "red"}, "no parameter Colour"),
        ({"Origins": "a", "Minutes": "1"}, "Minutes: the template refuses the value '1'"),
        ({"Origins": "a", "Minutes": "61"}, "Minutes"),
        ({"Origins": "a", "Level": "DEBUG"}, "Level"),
        ({"Origins": "a", "Name": "Portway 2"}, "Name"),
    ],
)
def test_parameters_are_held_against_the_template(chosen: dict[str, str], named: str) -> None:
    """A value that CloudFormation would refuse is refused here, and named."""
    with pytest.raises(NotLocal, match=named):
        parameters.values(DECLARED, chosen)


def test_an_unknown_parameter_type_is_an_error() -> None:
    """A type of parameter that nobody taught the stack is named."""
    with pytest.raises(NotLocal, match=r"AWS::SSM::Parameter"):
        parameters.values({"Parameters": {"Key": {"Type": "AWS::SSM::Parameter", "Default": "x"}}}, {})


ONLY_NAMED = {
    "Rules": {
        "Named": {
            "Assertions": [
                {
                    "Assert": {"Fn::Not": [{"Fn::Contains": [{"Ref": "Origins"}, "*"]}]},
                    "AssertDescription": "Name the origins.",
                }
            ]
        }
    }
}


def test_rules_are_held_before_anything_starts() -> None:
    """An assertion of the template that fails is an error with the template's own words."""
    Resolver(ONLY_NAMED, {"Origins": ["https://a.example"]}, {}, lambda _: Named("")).check_rules()
    with pytest.raises(Refused, match=r"Name the origins\."):
        Resolver(ONLY_NAMED, {"Origins": ["https://a.example", "*"]}, {}, lambda _: Named("")).check_rules()


def test_a_rule_may_have_a_condition() -> None:
    """A rule whose condition does not hold asserts nothing."""
    rule = {**ONLY_NAMED["Rules"]["Named"], "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
    for stage, refused in (("dev", False), ("prod", True)):
        resolver = Resolver({"Rules": {"Named": rule}}, {"Origins": ["*"], "Stage": stage}, {}, lambda _: Named(""))
        with pytest.raises(Refused) if refused else contextlib.nullcontext():
            resolver.check_rules()
