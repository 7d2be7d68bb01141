"""What AWS's runtime makes of a handler's result: recorded with awslambdaric 4.2.2."""

import collections
import decimal
import enum
import typing

import pytest

from headrace.sandbox.child import results


class Point(typing.NamedTuple):
    x: object
    y: object


class Labelled(typing.NamedTuple):
    label: str


class Described:
    def _asdict(self):
        return {"a": 1}


class Pair(tuple):
    __slots__ = ()


class Word(enum.StrEnum):
    YES = "yes"


class Size(enum.IntEnum):
    LARGE = 2


def contains_itself():
    value = [{}]
    value[0]["again"] = value
    return value


@pytest.fixture(params=["3.11", "3.12"])
def encode(request, monkeypatch):
    monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{request.param}")
    return results.Encoder().encode


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Point(1, 2), b'{"x": 1, "y": 2}'),
        ([Point(1, (Point(2, 3),))], b'[{"x": 1, "y": [{"x": 2, "y": 3}]}]'),
        ({"deep": {"er": Labelled("l")}}, b'{"deep": {"er": {"label": "l"}}}'),
        (Described(), b'{"a": 1}'),
        ([Described(), Point(1, 2)], b'[{"a": 1}, {"x": 1, "y": 2}]'),
        (Pair((1, 2)), b"[1, 2]"),
        ({Word.YES: Word.YES, Size.LARGE: Size.LARGE}, b'{"yes": "yes", "2": 2}'),
        ({b"key": b"value"}, b'{"key": "value"}'),
        ({"a": [b"value", Point(b"x", 1)]}, b'{"a": ["value", {"x": "x", "y": 1}]}'),
        ({None: 1, True: 2, 1.5: 3}, b'{"null": 1, "true": 2, "1.5": 3}'),
        ([float("nan"), float("-inf")], b"[NaN, -Infinity]"),
        (
            [decimal.Decimal("1.10"), decimal.Decimal("-NaN"), decimal.Decimal("Infinity")],
            b"[1.10, NaN, Infinity]",
        ),
        (b"\xffraw", b"\xffraw"),
        (None, b"null"),
    ],
)
def test_a_result_is_encoded_as_on_aws(encode, value, text):
    assert encode(value) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (bytearray(b"x"), "Object of type bytearray is not JSON serializable"),
        ({1}, "Object of type set is not JSON serializable"),
        ([b"\xff"], "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ({b"\xff": 1}, "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple"),
        ({Point(1, 2): 3}, "keys must be str, int, float, bool or None, not Point"),
        (contains_itself(), "Circular reference detected"),
        (collections.UserDict(a=1), "Object of type UserDict is not JSON serializable"),
        ((one for one in [1]), "Object of type generator is not JSON serializable"),
    ],
)
def test_what_cannot_be_encoded_is_refused_in_awss_words(encode, value, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        encode(value)
    assert str(caught.value) == words


def test_a_value_may_stand_in_a_result_more_than_once(encode):
    point = Point(1, 2)
    both = [point]
    assert (
        encode([both, both, point]) == b'[[{"x": 1, "y": 2}], [{"x": 1, "y": 2}], {"x": 1, "y": 2}]'
    )


def test_characters_are_written_as_they_are_from_python_3_12_on(monkeypatch):
    for version, text in (("3.11", b'"\\u00e9\\u2028"'), ("3.12", '"é\u2028"'.encode())):
        monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{version}")
        assert results.Encoder().encode("é\u2028") == text
