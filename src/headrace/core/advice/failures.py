"""Rules about failures: dead letters, partial responses, answers, permissions, loops."""

from headrace.core.advice.rule import ERROR, INFO, WARNING, Rule, Verdict
from headrace.core.advice.setup import Case

#: Receives below which a throttle or an outage dead-letters (E-06), and above which it is odd.
RECEIVES_FEW, RECEIVES_MANY = 5, 20
#: Actions that the poller needs of the function's role (E-30).
POLLER_ACTIONS = ("sqs:receivemessage", "sqs:deletemessage", "sqs:getqueueattributes")


def _no_redrive(case: Case) -> Verdict | None:
    queue = case.queue
    if not case.knows_queue or queue.max_receive_count or queue.has_redrive:
        return None
    after = f" after {queue.retention_s} s" if case.knows("retention_s") else ""
    return Verdict(
        f"{case.queue.name} has no dead-letter queue: a message that always fails is tried until "
        f"it expires{after}, and is lost then",
        "set RedrivePolicy with a dead-letter queue and maxReceiveCount 5",
        subject=case.queue.name,
    )


def _receive_count(case: Case) -> Verdict | None:
    count, name = case.queue.max_receive_count, case.queue.name
    if not count or RECEIVES_FEW <= count <= RECEIVES_MANY:
        return None
    if count == 1:
        text = f"maxReceiveCount of {name} is 1: one throttle or time-out dead-letters a message"
        return Verdict(text, "set maxReceiveCount to 5", ERROR, name)
    if count > RECEIVES_MANY:
        text = f"maxReceiveCount of {name} is {count}: bad messages are tried for very long"
        return Verdict(text, "set maxReceiveCount between 5 and 20", INFO, name)
    text = f"maxReceiveCount of {name} is {count}: throttles use receives up, AWS advises 5"
    return Verdict(text, "set maxReceiveCount to 5", subject=name)


def _dead_letter_queue(case: Case) -> Verdict | None:
    queue, target = case.queue, case.dead
    if target is None:
        return None
    if target.is_fifo != queue.is_fifo:
        return Verdict(
            f"the dead-letter queue of {queue.name} ({target.name}) is of the other type",
            "name a queue of the same type: FIFO for FIFO, standard for standard",
            ERROR,
            queue.name,
        )
    if "retention_s" in queue.unknown | target.unknown:
        return None
    if target.retention_s < queue.retention_s:
        return Verdict(
            f"the dead-letter queue {target.name} keeps messages {target.retention_s} s, "
            f"{queue.name} {queue.retention_s} s: on standard queues the age counts from the "
            "sending, so that dead letters expire at once",
            f"set MessageRetentionPeriod of {target.name} to 1209600",
            subject=queue.name,
        )
    return None


def _dead_letters_on_the_function(case: Case) -> Verdict | None:
    function = case.function
    if not (function.has_dead_letters or function.has_destinations):
        return None
    what = "a DeadLetterConfig" if function.has_dead_letters else "destinations"
    return Verdict(
        f"{function.name} has {what}: they are for asynchronous invokes, a mapping ignores them",
        "set the RedrivePolicy of the queue instead",
        subject=function.name,
    )


def _no_partial_responses(case: Case) -> Verdict | None:
    if case.mapping.batch_size == 1 or case.mapping.reports_failures:
        return None
    return Verdict(
        f"one bad message fails its whole batch of up to {case.mapping.batch_size}: all of them "
        "come back, and good ones can be dead-lettered with it",
        "set FunctionResponseTypes to ReportBatchItemFailures and report what failed",
    )


def _oddity(kind: str, says: str, fix: str, case: Case) -> Verdict | None:
    measured = case.mapping.measured
    count = 0 if measured is None else measured.oddities.get(kind, 0)
    return Verdict(f"{count} answers of {case.function.name} {says}", fix) if count else None


def _report_is_missing(case: Case) -> Verdict | None:
    return _oddity(
        "no report",
        "were objects without batchItemFailures, which counts as success",
        'return {"batchItemFailures": [...]}, also when nothing failed',
        case,
    )


def _report_is_ignored(case: Case) -> Verdict | None:
    return _oddity(
        "ignored report",
        "held batchItemFailures that nobody asked for: the failed messages were deleted",
        "set FunctionResponseTypes to ReportBatchItemFailures",
        case,
    )


def _report_is_malformed(case: Case) -> Verdict | None:
    return _oddity(
        "malformed",
        "were malformed: an unknown or empty id, no list, or an empty entry",
        "report itemIdentifier with the messageId of a record of this very event",
        case,
    )


def _report_has_gaps(case: Case) -> Verdict | None:
    return _oddity(
        "gap",
        "reported a message as failed and not those behind it in its group: order is lost",
        "report the first failure and everything behind it, or of its group",
        case,
    )


def _repeats_differ(case: Case) -> Verdict | None:
    return _oddity(
        "repeat",
        "to a message that was delivered again came with other outbound calls than the first time",
        "make the handler idempotent: remember what was done under the message's id",
        case,
    )


def _writes_to_its_source(case: Case) -> Verdict | None:
    name, measured = case.queue.name, case.mapping.measured
    if measured is not None and measured.looping:
        return Verdict(
            f"{measured.looping} messages of {name} had gone round through {case.function.name} "
            "sixteen times and were taken out",
            "send elsewhere, or carry a count in the message and stop at it",
        )
    for value in case.function.variables:
        if value.rstrip("}").split(":")[-1].split("/")[-1].removeprefix("${").split(".")[0] == name:
            return Verdict(
                f"{case.function.name} knows its own source queue {name} by a variable: if it "
                "sends there, messages go round for ever, and so does the bill",
                "send elsewhere, or carry a count in the message and stop at it",
                WARNING,
            )
    return None


def _role(case: Case) -> Verdict | None:
    actions = case.function.actions
    if actions is None:
        return None
    needed = (*POLLER_ACTIONS, "kms:decrypt") if case.queue.has_key else POLLER_ACTIONS
    missing = [one for one in needed if not any(_allows(action, one) for action in actions)]
    if missing:
        return Verdict(
            f"the role of {case.function.name} lacks {', '.join(missing)}: the mapping cannot be "
            "created, or receives nothing",
            "attach AWSLambdaSQSQueueExecutionRole (and kms:Decrypt on the queue's key)",
            subject=case.function.name,
        )
    if any(action in {"sqs:*", "*"} for action in actions):
        return Verdict(
            f"the role of {case.function.name} may do anything to queues",
            "allow ReceiveMessage, DeleteMessage and GetQueueAttributes on the source queue only",
            WARNING,
            case.function.name,
        )
    return None


def _allows(action: str, wanted: str) -> bool:
    beginning, star, _ = action.partition("*")
    return wanted.startswith(beginning) if star else action == wanted


def _many_repeats(case: Case) -> Verdict | None:
    measured = case.mapping.measured
    if measured is None or measured.polled < 20 or measured.again * 20 <= measured.polled:
        return None
    share = measured.again * 100 // measured.polled
    return Verdict(
        f"{share} % of what is received from {case.queue.name} had been received before: batches "
        "fail, are throttled, or outlast their lease",
        "look with `headrace why` at one of them",
    )


def _deletes_itself(case: Case) -> Verdict | None:
    return _oddity(
        "own deletion",
        "came after the handler had deleted messages itself",
        "let the mapping delete, or use partial responses",
        case,
    )


def _was_answered(case: Case) -> bool:
    return case.mapping.measured is not None and case.mapping.measured.batches > 0


def _is_watched(case: Case, kind: str) -> bool:
    return case.mapping.measured is not None and kind in case.mapping.measured.oddities


_ANSWERS = "answers of the function to the mapping"

FAILURES = (
    Rule("E-05", ERROR, "no dead-letter queue", _no_redrive),
    Rule("E-06", WARNING, "maxReceiveCount", _receive_count),
    Rule("E-07", WARNING, "the dead-letter queue does not fit", _dead_letter_queue),
    Rule("E-08", WARNING, "dead letters of the function", _dead_letters_on_the_function),
    Rule("E-13", WARNING, "no partial responses", _no_partial_responses, reads=("batch_size",)),
    Rule("E-14", WARNING, "reports are missing", _report_is_missing, _ANSWERS, _was_answered),
    Rule("E-15", ERROR, "reports are ignored", _report_is_ignored, _ANSWERS, _was_answered),
    Rule("E-16", ERROR, "malformed reports", _report_is_malformed, _ANSWERS, _was_answered),
    Rule("E-27", ERROR, "reports lose the order", _report_has_gaps, _ANSWERS, _was_answered),
    Rule(
        "E-28",
        WARNING,
        "side effects of duplicates",
        _repeats_differ,
        "the function's outbound calls for messages that are delivered twice",
        lambda case: _is_watched(case, "repeat"),
    ),
    Rule("E-29", ERROR, "writes to its own source", _writes_to_its_source),
    Rule(
        "E-30",
        ERROR,
        "what the role allows",
        _role,
        "the role's policies: give a template",
        lambda case: case.function.actions is not None,
    ),
    Rule(
        "E-38", WARNING, "many repeats", _many_repeats, "20 receives of the mapping", _was_answered
    ),
    Rule(
        "E-40",
        INFO,
        "handlers that delete",
        _deletes_itself,
        "whose receipt handles are used: the mapping's or the function's",
        lambda case: _is_watched(case, "own deletion"),
    ),
)
