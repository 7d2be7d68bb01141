"""What the documents of tests cite of a contract, and whether that is all of it.

The contracts themselves are not in the repository; what is counted are their numbers.
"""

import ast
import re

from tests.house.tree import ROOT, files_of_tests

#: A list such as "1, 2 and 4 to 6", for a pattern.
LIST = r"(\d+(?:(?:, | and | to |, and )\d+)*)"


def numbers_of(text):
    """Return the numbers of a list such as "1, 2 and 4 to 6"."""
    spans = [part.split(" to ") for part in re.split(r", and |, | and ", text)]
    return [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]


def documents():
    """Return what stands above each test function, and above and in each story."""
    for file in files_of_tests():
        if file.name.startswith("tests/house/"):
            continue
        for function in file.functions():
            if function.name.startswith("test") and (text := ast.get_docstring(function)):
                yield f"{file.name}: {function.name}", text
    for story in sorted((ROOT / "tests" / "scenarios" / "queues").glob("*.txt")):
        yield story.name, story.read_text(encoding="utf-8")


class Contract:
    """One contract: what it numbers, what no test can prove, and how it is cited."""

    def __init__(self, numbered, excused, citations):
        """Begin.

        Args:
            numbered: Kinds of what is numbered, to their numbers.
            excused: Pairs of kind and number, to the reason.
            citations: Returns what a text cites, as such pairs.
        """
        self.numbered = numbered
        self.excused = excused
        self.citations = citations

    def cited(self):
        """Return what all tests cite together."""
        return {citation for _, text in documents() for citation in self.citations(text)}

    def unproven(self):
        """Return what is neither cited nor excused."""
        wanted = {(kind, number) for kind, numbers in self.numbered.items() for number in numbers}
        return sorted(wanted - self.cited() - self.excused.keys())

    def strays(self):
        """Return what is cited and not in the contract, with the tests that cite it."""
        return [
            (name, citation)
            for name, text in documents()
            for citation in self.citations(text)
            if citation[1] not in self.numbered[citation[0]]
        ]
