"""What a mapping counts."""

from headrace.core.mapping.tally import Tally


def test_a_filtered_message_is_a_deleted_one_too():
    tally = Tally(deleted=1)
    tally.count_filtered(2)
    assert (tally.filtered, tally.deleted, tally.failed) == (2, 3, 0)
