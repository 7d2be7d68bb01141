"""Rules about filters."""

from collections.abc import Iterator
from typing import Any

import msgspec

from headrace.core.advice.rule import ERROR, WARNING, Rule, Verdict
from headrace.core.advice.setup import Case

#: Messages after which a filter that passes less than a hundredth is suspicious (E-19).
JUDGED_AFTER = 1_000
#: Operators that Lambda lists for mappings (spec/esm.md 2.2).
LISTED = frozenset({"anything-but", "equals-ignore-case", "exists", "numeric", "prefix", "suffix"})

_decode = msgspec.json.Decoder().decode


def _shared_queue(case: Case) -> Verdict | None:
    others = case.sharers
    if len(others) < 2 or not any(one.filters for one in others):
        return None
    return Verdict(
        f"{len(others)} mappings receive from {case.queue.name}, and some have filters: a message "
        "goes to whoever receives it, and is deleted there if its filter does not fit",
        "give each consumer a queue of its own, behind a topic or bus that fans out",
        subject=case.queue.name,
    )


def _dropped_by_form(case: Case) -> Verdict | None:
    measured = case.mapping.measured
    if measured is None or not measured.mismatched:
        return None
    return Verdict(
        f"{measured.mismatched} messages were deleted because their body was JSON and the filter "
        "asks for text, or the other way round",
        "look with `headrace why` at one of them; ask for fields of JSON bodies only",
    )


def _passes_nothing(case: Case) -> Verdict | None:
    measured = case.mapping.measured
    if not case.mapping.filters or measured is None or measured.polled < JUDGED_AFTER:
        return None
    passed = measured.polled - measured.filtered
    if passed * 100 >= measured.polled:
        return None
    return Verdict(
        f"of {measured.polled} messages {passed} passed the filter, all others were deleted",
        "look whether the pattern means what the messages are",
    )


def _not_listed(case: Case) -> Verdict | None:
    for text in case.mapping.filters:
        try:
            pattern = _decode(text)
        except msgspec.DecodeError:
            return Verdict("a filter is no JSON", "mend the pattern", ERROR)
        if not isinstance(pattern, dict):
            return Verdict("a filter is no JSON object", "mend the pattern", ERROR)
        strange = sorted({name for name in _operators(pattern) if name not in LISTED})
        if strange:
            return Verdict(
                f"a filter uses what Lambda does not list for queues: {', '.join(strange)}",
                "use the listed operators, or look whether your region takes these",
            )
        keys = sorted(pattern.keys() - {"body", "$or"})
        if keys:
            return Verdict(
                f"a filter asks for {', '.join(keys)}: AWS documents filters of the body only",
                "put what is to be filtered by into the body",
            )
    return None


def _operators(node: Any) -> Iterator[str]:
    """Yield the operators of a pattern; those inside anything-but with what they stand in."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$or" and isinstance(value, list):
                for one in value:
                    yield from _operators(one)
            elif isinstance(value, dict):
                yield from _operators(value)
            elif isinstance(value, list):
                for rule in value:
                    if isinstance(rule, dict):
                        yield from map(_name_of, rule.items())


def _name_of(rule: tuple[str, Any]) -> str:
    name, argument = rule
    return f"{name} {next(iter(argument))}" if isinstance(argument, dict) and argument else name


def _sns_envelope(case: Case) -> Verdict | None:
    if not case.queue.is_sns_wrapped:
        return None
    for text in case.mapping.filters:
        body = _body_of(text)
        if body is not None and not body.keys() & {"Message", "Type", "TopicArn", "Subject"}:
            return Verdict(
                f"a topic sends to {case.queue.name} in its envelope, and the filter asks for "
                f"{', '.join(sorted(body))} beside it: nothing passes",
                "set RawMessageDelivery on the subscription",
            )
    return None


def _body_of(text: str) -> dict[str, Any] | None:
    try:
        pattern = _decode(text)
    except msgspec.DecodeError:
        return None
    body = pattern.get("body") if isinstance(pattern, dict) else None
    return body if isinstance(body, dict) else None


def _was_polled(case: Case) -> bool:
    return case.mapping.measured is not None


def _was_polled_much(case: Case) -> bool:
    measured = case.mapping.measured
    return measured is not None and measured.polled >= JUDGED_AFTER


FILTERING = (
    Rule("E-17", ERROR, "filters on a shared queue", _shared_queue),
    Rule(
        "E-18",
        WARNING,
        "dropped by the form of the body",
        _dropped_by_form,
        "messages that the mapping received",
        _was_polled,
    ),
    Rule(
        "E-19",
        WARNING,
        "a filter passes next to nothing",
        _passes_nothing,
        "1,000 messages that the mapping received",
        _was_polled_much,
    ),
    Rule("E-20", WARNING, "what Lambda does not list", _not_listed),
    Rule("E-41", WARNING, "filters beside the envelope of SNS", _sns_envelope),
)
