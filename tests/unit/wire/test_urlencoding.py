"""Percent-encoded text is read strictly."""

from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.wire.errors import MalformedQueryString
from headrace.wire.limits import QUERY_PARAMETERS_MAX
from headrace.wire.urlencoding import decode_percent, parse_pairs


@given(st.text())
def test_text_comes_back(text):
    assert decode_percent(quote(text, safe="")) == text


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_pairs_come_back(pairs):
    assert parse_pairs(urlencode(pairs)) == pairs


@given(
    st.lists(st.sampled_from(["%41", "%3d", "%3D", "=", "==", "=\n", "\r\n", " \n", "_", "\u00e9"]))
)
def test_what_else_is_a_sign_of_some_encoding_is_text(parts):
    text = "".join(parts)
    assert decode_percent(text) == unquote(text)


def test_a_plus_is_a_space_in_a_query_and_itself_in_a_path():
    assert parse_pairs("a+b=c+d%2B") == [("a b", "c d+")]
    assert decode_percent("a+b") == "a+b"


def test_pairs_without_a_name_are_left_out_and_values_may_be_missing():
    assert parse_pairs("&=x&a&b=&c=d=e&") == [("a", ""), ("b", ""), ("c", "d=e")]


@pytest.mark.parametrize("text", ["%", "%4", "%zz", "100% sure", "%ff", "%C3", "%ed%a0%80"])
def test_what_is_no_percent_encoding_of_utf_8_is_refused(text):
    with pytest.raises(MalformedQueryString):
        decode_percent(text)


def test_there_may_be_so_many_parameters_and_no_more():
    most = "&".join(["a=b"] * QUERY_PARAMETERS_MAX)
    assert len(parse_pairs(most)) == QUERY_PARAMETERS_MAX
    with pytest.raises(MalformedQueryString):
        parse_pairs(f"{most}&a=b")
