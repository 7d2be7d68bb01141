"""Documents as IAM encodes them, and pages."""

import pytest

from headrace.api.access.shapes import encode_document, page
from headrace.core.access.errors import ValidationError


def test_a_document_is_encoded_as_in_a_url():
    assert encode_document('{"a": "é/*~_-."}') == "%7B%22a%22%3A%20%22%C3%A9%2F%2A~_-.%22%7D"


def test_pages_follow_each_other():
    items = list(range(5))
    first = page({"MaxItems": 2}, "Items", items)
    assert first == {"Items": [0, 1], "IsTruncated": True, "Marker": "2"}
    second = page({"MaxItems": 3, "Marker": first["Marker"]}, "Items", items)
    assert second == {"Items": [2, 3, 4], "IsTruncated": False}


def test_a_page_has_a_hundred_items_when_nobody_says():
    assert len(page({}, "Items", list(range(101)))["Items"]) == 100


@pytest.mark.parametrize("marker", ["x", "-1", "", "1" * 10, "\u0661"])
def test_a_marker_that_is_none(marker):
    with pytest.raises(ValidationError, match="Invalid Marker"):
        page({"Marker": marker}, "Items", [])
