"""Named statements of any store."""

import pytest

from headrace.store.statements import named_statements


def test_statements_are_found_by_their_names():
    text = "-- one: The first.\nSELECT 1;\n\n-- two: The second,\n-- in two lines: of comment.\nSELECT 2;"
    with pytest.raises(AssertionError):
        named_statements("-- lonely\nSELECT 1;", "x.sql")
    found = named_statements(text.replace("\n-- in", " in"), "x.sql")
    assert found == {"one": "SELECT 1;", "two": "SELECT 2;"}


def test_a_name_is_used_once():
    with pytest.raises(AssertionError, match="named one"):
        named_statements("-- one: A.\nSELECT 1;\n-- one: B.\nSELECT 2;", "x.sql")
