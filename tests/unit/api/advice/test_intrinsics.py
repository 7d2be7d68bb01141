"""CloudFormation's functions, as far as advice needs them."""

import pytest

from headrace.api.advice.intrinsics import (
    UNKNOWN,
    Numbers,
    Resolver,
    TooLarge,
    is_true,
    name_of,
    number_of,
)

RESOLVER = Resolver(
    {
        "Parameters": {"Stage": {"Default": "prod"}, "Secret": {"Type": "String"}},
        "Mappings": {"Sizes": {"prod": {"timeout": 60}}},
    }
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Secret"}, "${Secret}"),
        ({"Ref": "Queue"}, "${Queue}"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "${Queue.Arn}"),
        ({"Fn::GetAtt": "Queue.Arn"}, "${Queue.Arn}"),
        ({"Fn::Sub": "${Stage}-${Queue.Arn}-${!Literal}"}, "prod-${Queue.Arn}-${!Literal}"),
        ({"Fn::Sub": ["${a}/${b}", {"a": {"Ref": "Stage"}}]}, "prod/${b}"),
        ({"Fn::Join": [":", ["a", {"Ref": "Queue"}]]}, "a:${Queue}"),
        ({"Fn::If": ["IsProd", {"Ref": "Stage"}, "x"]}, "prod"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "timeout"]}, 60),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "timeout"]}, UNKNOWN),
        ({"Fn::FindInMap": ["None", "prod", {"Ref": "Stage"}]}, UNKNOWN),
        ({"Fn::ToJsonString": {"a": [{"Ref": "Stage"}]}}, '{"a": ["prod"]}'),
        ({"Fn::ImportValue": "x"}, UNKNOWN),
        ({"Fn::Join": [",", {"Fn::GetAZs": ""}]}, UNKNOWN),
        ({"Fn::Sub": 5}, UNKNOWN),
        ({"Ref": ["x"]}, UNKNOWN),
        ({"Ref": "AWS::NoValue"}, None),
        ([1, {"Ref": "AWS::NoValue"}, {"a": {"Ref": "AWS::NoValue"}, "b": 2}], [1, {"b": 2}]),
        ([{"a": {"Ref": "Stage"}, "b": 1}], [{"a": "prod", "b": 1}]),
        ({}, {}),
    ],
)
def test_functions_give_what_can_be_known(value, resolved):
    assert RESOLVER.resolve(value) == resolved


def test_what_grows_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("headrace.api.advice.intrinsics.SIZE_MAX", 10_000)
    lists, text = ["x"], "x" * 16
    for _ in range(30):
        lists, text = [lists, lists], {"Fn::Sub": ["${a}${a}", {"a": text}]}
    for value in (lists, text, {"Fn::Join": [text, [text] * 9]}):
        with pytest.raises(TooLarge):
            Resolver({}).resolve(value)


def test_names_numbers_and_truth():
    assert [name_of(text) for text in ("${Q.Arn}", "${Q}", "x", UNKNOWN, 5)] == [
        "Q",
        "Q",
        "",
        "",
        "",
    ]
    assert [number_of(one, 7) for one in (5, "6", None, UNKNOWN)] == [5, 6, 7, 7]
    assert [is_true(one) for one in (True, "true", "True", None, "no", 0)] == [True] * 3 + [
        False
    ] * 3


def test_a_number_that_is_set_and_not_told_is_unknown():
    numbers = Numbers()
    given = {"a": 5, "b": "6", "c": None, "d": UNKNOWN, "e": "${Size}", "f": -1, "g": 0}
    read = [numbers.read(name, value, 7) for name, value in given.items()]
    assert read == [5, 6, 7, 7, 7, -1, 0]
    assert numbers.unknown() == {"d", "e"}
