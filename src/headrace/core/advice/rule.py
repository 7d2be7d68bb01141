"""What a rule is and says."""

from collections.abc import Callable
from typing import NamedTuple

from headrace.core.advice.setup import Case

#: Severities, the worst first.
ERROR, WARNING, INFO = "error", "warning", "info"


class Verdict(NamedTuple):
    """What a rule found."""

    says: str  #: What it is and what it means.
    fix: str
    severity: str = ""  #: When it is another than the rule's usual one.
    subject: str = ""  #: Whose fault it is, if not the mapping's.


class Rule(NamedTuple):
    """One rule of spec/esm.md 8.2."""

    id: str
    severity: str
    title: str
    check: Callable[[Case], Verdict | None]
    #: What must have been measured for it; empty: the configuration is enough.
    needs: str = ""
    #: Whether that was measured.
    can_judge: Callable[[Case], bool] = lambda case: True
    #: Members of mapping, queue and function that it needs to know.
    reads: tuple[str, ...] = ()

    def judges(self, case: Case) -> bool:
        """Tell whether it can judge a case: what it needs was measured and is known."""
        return self.can_judge(case) and case.knows(*self.reads)
