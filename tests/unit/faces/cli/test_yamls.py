"""Templates in YAML, with CloudFormation's short forms."""

import pytest

from headrace.faces.cli.yamls import YAMLError, load


def test_short_forms_become_long_ones():
    text = """
    a: !Ref Queue
    b: !GetAtt Queue.Arn
    c: !Sub "${Queue}-x"
    d: !Join [":", [a, !Ref B]]
    e: !If [IsProd, 1, 2]
    f: !GetAtt [Queue, Arn]
    g: !Condition IsProd
    h: !Transform {Name: x}
    """
    assert load(text) == {
        "a": {"Ref": "Queue"},
        "b": {"Fn::GetAtt": ["Queue", "Arn"]},
        "c": {"Fn::Sub": "${Queue}-x"},
        "d": {"Fn::Join": [":", ["a", {"Ref": "B"}]]},
        "e": {"Fn::If": ["IsProd", 1, 2]},
        "f": {"Fn::GetAtt": ["Queue", "Arn"]},
        "g": {"Condition": "IsProd"},
        "h": {"Fn::Transform": {"Name": "x"}},
    }


def test_dates_stay_texts_and_objects_are_not_made():
    assert load("v: 2010-09-09") == {"v": "2010-09-09"}
    with pytest.raises(YAMLError):
        load("v: !!python/object/apply:os.system [ls]")
    with pytest.raises(YAMLError):
        load("a: [")
