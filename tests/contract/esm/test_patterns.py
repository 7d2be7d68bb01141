"""The filter grammar as fixtures of behaviour (spec/esm.md 2.2, 10.2 T21)."""

import json

import pytest

from headrace.core.mapping.filters.rules import BadPattern
from headrace.core.mapping.filters.sieve import Sieve
from tests.contract.esm.patterns import ROWS

NAMES = [name for name, *_ in ROWS]


@pytest.mark.parametrize(("pattern", "body", "verdict"), [row[1:] for row in ROWS], ids=NAMES)
def test_21_patterns_pass_what_they_say_and_bad_ones_are_refused(pattern, body, verdict):
    filters = (f'{{"body":{pattern}}}',)
    if verdict == "bad":
        with pytest.raises(BadPattern):
            Sieve(filters)
    else:
        assert Sieve(filters).passes({"body": body}) is (verdict == "yes")


def test_there_are_as_many_rows_as_templates_and_no_two_are_the_same():
    assert len(ROWS) >= 155
    assert len(set(NAMES)) == len(NAMES)
    assert len({row[1:] for row in ROWS}) == len(ROWS)


def test_21_bad_patterns_are_refused_over_the_wire_with_awss_sentence(stage):
    for _, pattern, _, verdict in ROWS:
        if verdict == "bad":
            criteria = {"Filters": [{"Pattern": json.dumps({"body": 0}).replace("0", pattern)}]}
            status, code, text = stage.create_refused(FilterCriteria=criteria)
            assert (status, code) == (400, "InvalidParameterValueException")
            assert text == "Invalid filter pattern definition."
