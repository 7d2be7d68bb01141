"""Rows know the names that members have on the wire, and null has a name."""

from headrace.wire.model import NULL, Member


def test_a_member_is_labelled_by_its_wire_name_where_it_has_one():
    assert Member("TagKeys", "TagKeyList", place="query", wire_name="tagKeys").label == "tagKeys"
    assert Member("MaxItems", "MaxListItems", place="query").label == "MaxItems"


def test_null_says_what_it_is():
    assert repr(NULL) == "NULL"
