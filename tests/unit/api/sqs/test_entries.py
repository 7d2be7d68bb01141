"""Whole-batch checks and failed entries (spec/sqs.md 2.8)."""

import pytest

from headrace.api.sqs.entries import batch_answer, check_entries, failed_entry
from headrace.base.errors import InternalFailure
from headrace.core.sqs.errors import (
    BatchEntryIdsNotDistinct,
    InvalidBatchEntryId,
    QueueDoesNotExist,
)


@pytest.mark.parametrize("name", ["", "a" * 81, "a b", "ä", None])
def test_an_id_is_1_to_80_letters_digits_hyphens_underscores(name):
    with pytest.raises(InvalidBatchEntryId):
        check_entries({"Entries": [{"Id": name}]}, "Entry")
    assert check_entries({"Entries": [{"Id": "a-_9" * 20}]}, "Entry")


def test_a_failed_entry_carries_the_query_code_and_whose_fault_it_is():
    """1.4, end: in both protocols."""
    refused = failed_entry("a", QueueDoesNotExist("gone"))
    assert refused == {
        "Id": "a",
        "SenderFault": True,
        "Code": "AWS.SimpleQueueService.NonExistentQueue",
        "Message": "gone",
    }
    assert failed_entry("a", InternalFailure("ours"))["SenderFault"] is False


def test_an_answer_has_the_lists_that_are_not_empty():
    good, bad = [{"Id": "a"}], [{"Id": "b"}]
    assert batch_answer(good, []) == {"Successful": good}
    assert batch_answer([], bad) == {"Failed": bad}
    assert batch_answer(good, bad) == {"Successful": good, "Failed": bad}


@pytest.mark.parametrize("name", ["a b", " ", "a ", "a\n", "", "\u00e9", "a" * 81])
def test_an_id_of_other_characters_is_refused_wherever_it_stands(name):
    with pytest.raises(InvalidBatchEntryId):
        check_entries({"Entries": [{"Id": "a"}, {"Id": name}, {"Id": "b"}]}, "Entry")


def test_the_first_id_that_is_repeated_is_named():
    with pytest.raises(BatchEntryIdsNotDistinct, match="Id b repeated"):
        check_entries({"Entries": [{"Id": name} for name in "abcba"]}, "Entry")
