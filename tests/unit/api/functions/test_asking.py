"""Markers and page sizes."""

import pytest

from headrace.api.functions.asking import at_most, decode_marker, encode_marker
from headrace.base.errors import ServiceError


def test_a_marker_gives_back_what_it_was_made_of():
    marker = encode_marker("a", version="1")
    assert decode_marker({"Marker": marker}, "version") == ("a", "1")
    assert decode_marker({"Marker": encode_marker("a")}, "version") == ("a", "")
    assert decode_marker({}) == ("",)
    assert decode_marker({"Marker": ""}, "version") == ("", "")


@pytest.mark.parametrize("marker", ["%", "YQ==", "WzFd", "eyJhZnRlciI6MX0="])
def test_another_marker_is_refused(marker):
    with pytest.raises(ServiceError):
        decode_marker({"Marker": marker})


def test_pages_have_at_most_50():
    assert [at_most({}), at_most({"MaxItems": 3}), at_most({"MaxItems": 10_000})] == [50, 3, 50]
