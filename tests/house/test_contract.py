"""Whatever the contract numbers is cited by a test that proves it.

The contract itself (spec/sqs.md) is not in the repository; what is counted here are its numbers:
the rows of section 11, the questions of section 12, the recordings of section 14. The document of
a test says which of them it proves: "11 row 5", "11 rows 1, 2 and 4 to 6", "12 Q8", "14.4 S-A16".
"""

import re

from tests.house.contracts import LIST, Contract, numbers_of

#: What is numbered, to its numbers.
NUMBERED = {
    "11 row": range(1, 51),  #: The behaviours that emulators most often get wrong.
    "Q": range(1, 25),  #: Choices for what nobody knows.
    "S-C": range(1, 5),  #: Corrections from AWS's recordings.
    "S-A": range(1, 31),  #: Additions from them.
}
#: Numbers that no test can prove, with the reason.
EXCUSED = {
    ("Q", 9): "RequestThrottled: nothing is throttled here",
    ("S-A", 14): "AWS's counter of moved messages may lag: ours may not",
}

_ROWS = re.compile(r"\b11,? rows? " + LIST)
_OTHERS = {kind: re.compile(rf"\b{kind}(\d+)\b") for kind in ("Q", "S-C", "S-A")}


def citations(text):
    """Return what a text cites, as pairs of kind and number."""
    text = " ".join(text.split())
    found = {("11 row", number) for rows in _ROWS.findall(text) for number in numbers_of(rows)}
    for kind, pattern in _OTHERS.items():
        found |= {(kind, int(number)) for number in pattern.findall(text)}
    return found


CONTRACT = Contract(NUMBERED, EXCUSED, citations)


def test_lists_of_numbers_are_read():
    rows = {number for kind, number in citations("11 rows 1, 3 and 5 to 7; 2.8, 11, row 9")}
    assert rows == {1, 3, 5, 6, 7, 9}
    assert citations("12 Q1 and Q3, 14.1 S-C1") == {("Q", 1), ("Q", 3), ("S-C", 1)}


def test_each_number_of_the_contract_is_cited_by_a_test():
    assert CONTRACT.unproven() == []


def test_what_is_excused_is_not_proven_after_all():
    assert EXCUSED.keys() & CONTRACT.cited() == set()


def test_no_test_cites_a_number_that_the_contract_does_not_have():
    assert CONTRACT.strays() == []
