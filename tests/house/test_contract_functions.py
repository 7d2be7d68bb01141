"""Whatever Lambda's contract numbers is cited by a test that proves it.

The contract (spec/lambda.md) is not in the repository; what is counted are its numbers: the rows of
section 10, the items of section 11, the recordings of section 13. The document of a test that names
lambda.md says which of them it proves: "lambda.md 10, rows 1 and 5", "11, item 4", "L-A16".
"""

import re

from tests.house.contracts import LIST, Contract, numbers_of

NUMBERED = {
    "I": range(1, 14),  #: How an invoke is asked for and answered (2.1).
    "A": range(1, 10),  #: What becomes of events (6.2).
    "10, row": range(1, 41),  #: The behaviours that emulators most often get wrong.
    "11, item": range(1, 21),  #: What a black box is tried with.
    "L-C": range(1, 15),  #: Corrections from AWS's recordings.
    "L-A": range(1, 113),  #: Additions from them.
}
#: Numbers that no test here can prove, with the reason.
EXCUSED = {
    ("I", 10): "nobody knows what AWS does with another content type; ours takes it",
    ("I", 11): "about clients",
    ("I", 12): "nobody knows; ours waits",
    ("11, item", 17): "`aws logs tail` is of the AWS CLI v2, which is on no registry",
    ("L-A", 20): "there is no EC2 that could know a security group",
    ("L-A", 66): "code signing is not served",
    ("L-A", 67): "code signing is not served",
    ("L-A", 93): "a function's credentials are its account's own",
    ("L-A", 94): "a function's credentials are its account's own",
    ("L-A", 107): "Java's log descriptor has another number",
    ("L-A", 108): "java8.al2 and java11 are not served",
    ("L-A", 109): "there is no .NET, and certificates are the machine's own",
    ("L-C", 2): "the id of a URL is forgotten with its alias: 403 with another text",
    ("L-C", 6): "says only that what was taken as proven is not",
}

_ROWS = {
    "10, row": re.compile(r"\b10, rows? " + LIST),
    "11, item": re.compile(r"\b11, items? " + LIST),
}
_OTHERS = re.compile(r"\bL-([AC])(\d+)\b(?: to L-[AC](\d+))?")
_RULES = re.compile(r"(?<![\w-])([IA])(\d{1,2})\b")


def citations(text):
    """Return what a text cites, as pairs of kind and number."""
    text = " ".join(text.split())
    if "lambda.md" not in text:
        return set()
    found = {
        (kind, number)
        for kind, pattern in _ROWS.items()
        for rows in pattern.findall(text)
        for number in numbers_of(rows)
    }
    found |= {(letter, int(number)) for letter, number in _RULES.findall(text)}
    for letter, first, last in _OTHERS.findall(text):
        found |= {(f"L-{letter}", number) for number in range(int(first), int(last or first) + 1)}
    return found


CONTRACT = Contract(NUMBERED, EXCUSED, citations)


def test_lists_of_numbers_are_read():
    assert citations("lambda.md 10, rows 1, 3 and 5 to 6; 11, item 9, L-C2, L-A4 to L-A5") == {
        *(("10, row", number) for number in (1, 3, 5, 6)),
        ("11, item", 9),
        ("L-C", 2),
        ("L-A", 4),
        ("L-A", 5),
    }
    assert citations("sqs.md 10, row 1") == set()


def test_each_number_of_the_contract_is_cited_by_a_test():
    assert CONTRACT.unproven() == []


def test_what_is_excused_is_not_proven_after_all():
    assert EXCUSED.keys() & CONTRACT.cited() == set()


def test_no_test_cites_a_number_that_the_contract_does_not_have():
    assert CONTRACT.strays() == []
