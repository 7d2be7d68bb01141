"""The demo's own book-keeping."""

import json

from headrace.faces.demo.observed import Observed, percentile, table


def digest(*deliveries):
    return json.dumps(
        {
            "deliveries": [
                {"message_id": name, "waited_ms": waited, "receive_count": count}
                for name, waited, count in deliveries
            ]
        }
    )


def test_a_delivery_in_two_digests_counts_once():
    observed = Observed(acknowledged={"a": 0, "b": 1, "c": 2})
    observed.note_digest(digest(("a", 5, 1), ("b", 7, 3)))
    observed.note_digest(digest(("a", 900, 2)))
    assert observed.handled == {"a": 5, "b": 7}
    assert observed.retried == 2
    assert observed.missing == {"c"}
    observed.dead["c"] = 3
    assert observed.missing == set()


def test_percentiles_are_values_that_were_seen():
    assert percentile([4, 1, 3, 2], 0.5) == 2
    assert percentile([4, 1, 3, 2], 0.99) == 4
    assert percentile([9], 0.5) == 9


def test_a_table_aligns_its_values():
    assert table([("sent", "1"), ("delivered", "2")]) == "  sent       1\n  delivered  2"
