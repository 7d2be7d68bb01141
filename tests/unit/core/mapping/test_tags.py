"""A mapping's tags: what is added, taken away and refused; spec/esm.md 12.2 E-A8."""

import pytest

from headrace.core.mapping.commands import TagMapping, UntagMapping
from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.tags import BISECT, bisects, check, decide

FIFTY = {str(n): "" for n in range(50)}


def test_new_values_replace_old_ones_and_unknown_keys_are_fine():
    assert decide(TagMapping(1, {"a": "2", "b": "3"}), {"a": "1"}, 5).tags == {"a": "2", "b": "3"}
    assert decide(UntagMapping(1, ("a", "x")), {"a": "1", "b": "2"}, 5).tags == {"b": "2"}


def test_fifty_fit_and_one_more_is_refused():
    check(FIFTY)
    assert decide(TagMapping(1, {"0": "new"}), FIFTY, 5).tags["0"] == "new"
    with pytest.raises(InvalidParameterValue, match="exceeds resource tag limit"):
        decide(TagMapping(1, {"50": ""}), FIFTY, 5)


def test_only_true_asks_for_halves():
    assert bisects({BISECT: "true"})
    assert not any(map(bisects, ({}, {BISECT: ""}, {BISECT: "false"}, {"bisect": "true"})))
