"""Hold all rules against a setup."""

from collections.abc import Iterator

import msgspec

from headrace.core.advice.concurrency import CONCURRENCY
from headrace.core.advice.failures import FAILURES
from headrace.core.advice.filtering import FILTERING
from headrace.core.advice.rule import ERROR, INFO, WARNING, Rule
from headrace.core.advice.setup import Case, Crowd, Function, Mapping, Queue, Setup
from headrace.core.advice.timing import TIMING

#: All rules of spec/esm.md 8.2, by number.
RULES: tuple[Rule, ...] = tuple(
    sorted((*TIMING, *FAILURES, *CONCURRENCY, *FILTERING), key=lambda rule: rule.id)
)
#: What a rule needs that nothing must be measured for.
_TO_KNOW = "to know {} of a mapping, which the source leaves open"
_ORDER = {ERROR: 0, WARNING: 1, INFO: 2}


class Finding(msgspec.Struct, frozen=True):
    """What a rule found."""

    rule: str
    severity: str
    subject: str
    title: str
    meaning: str
    fix: str


class Unjudged(msgspec.Struct, frozen=True):
    """A rule that could not judge, and what it needs for it."""

    rule: str
    title: str
    needs: str


class Advice(msgspec.Struct, frozen=True):
    """All findings, the worst first, and the rules that could not judge any mapping."""

    mappings: int  #: How many were looked at.
    findings: list[Finding]
    unjudged: list[Unjudged]

    @property
    def worst(self) -> str:
        """The worst severity; "info" when nothing was found."""
        return min((one.severity for one in self.findings), key=_ORDER.__getitem__, default=INFO)


def advise(setup: Setup) -> Advice:
    """Return what the rules find, each finding once."""
    crowd = Crowd(setup.mappings)
    cases = [_case(setup, crowd, mapping) for mapping in setup.mappings]
    findings = dict.fromkeys(one for case in cases for one in _findings(case))
    unjudged = [
        Unjudged(rule.id, rule.title, rule.needs or _TO_KNOW.format(" and ".join(rule.reads)))
        for rule in RULES
        if (rule.needs or (rule.reads and cases)) and not any(map(rule.judges, cases))
    ]
    ordered = sorted(findings, key=lambda one: (_ORDER[one.severity], one.rule, one.subject))
    return Advice(len(cases), ordered, unjudged)


def _case(setup: Setup, crowd: Crowd, mapping: Mapping) -> Case:
    queue, function = setup.queues.get(mapping.queue), setup.functions.get(mapping.function)
    return Case(
        mapping=mapping,
        queue=queue or Queue(name=mapping.queue, is_fifo=mapping.queue.endswith(".fifo")),
        function=function or Function(name=mapping.function),
        dead=setup.queues.get(queue.dead_letter_queue) if queue is not None else None,
        crowd=crowd,
        knows_queue=queue is not None,
        knows_function=function is not None,
    )


def _findings(case: Case) -> Iterator[Finding]:
    for rule in RULES:
        verdict = rule.check(case) if rule.judges(case) else None
        if verdict is not None:
            yield Finding(
                rule.id,
                verdict.severity or rule.severity,
                verdict.subject or case.mapping.name,
                rule.title,
                verdict.says,
                verdict.fix,
            )
