"""The parts of a setup that stand in living rooms, with what they have counted."""

import json
from typing import Any

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.base.histogram import Histogram
from headrace.core.advice.setup import Function, Mapping, Measured, Queue
from headrace.core.functions.names import LATEST, parse_reference


def mapping_of(found: Any, tally: Any, seconds: int) -> Mapping:
    """Return a mapping (core/mapping/mapping.py) with its tally of so many seconds."""
    settings = found.settings
    return Mapping(
        name=f"mapping {found.uuid}",
        queue=found.source_arn,
        function=unqualified(settings.function_arn),
        batch_size=settings.batch_size,
        window_s=settings.window_s,
        reports_failures=settings.reports_failures,
        maximum_concurrency=settings.maximum_concurrency,
        filters=settings.filters,
        minimum_pollers=settings.minimum_pollers,
        maximum_pollers=settings.maximum_pollers,
        has_event_count=bool(settings.metrics),
        measured=Measured(
            seconds=seconds,
            polled=tally.polled,
            again=tally.again,
            body_bytes=tally.body_length,
            filtered=tally.filtered,
            mismatched=tally.mismatched,
            looping=tally.dropped,
            batches=tally.attempts,
            handed=tally.invoked,
            oddities=dict(tally.oddities),
        ),
    )


def queue_of(queue: Any, visible: int) -> Queue:
    """Return a queue (core/sqs/queue.py)."""
    attributes = queue.attributes
    redrive = json.loads(attributes.get("RedrivePolicy", "{}"))
    return Queue(
        name=queue.identity.name,
        is_fifo=queue.view.is_fifo,
        region=queue.identity.region,
        visibility_s=queue.view.visibility_timeout_s,
        retention_s=queue.view.message_retention_period_s,
        delay_s=queue.view.delay_s,
        wait_s=queue.view.receive_message_wait_time_s,
        max_receive_count=int(redrive.get("maxReceiveCount", 0)),
        dead_letter_queue=redrive.get("deadLetterTargetArn", ""),
        has_key="KmsMasterKeyId" in attributes,
        backlog=visible,
    )


def function_of(room: Any, arn: str) -> tuple[Function, bool] | None:
    """Return the function that a mapping's ARN means, and whether its alias splits invokes.

    None: there is none now.
    """
    place = parse_arn(arn)
    reference = parse_reference(arn, None, place.account, place.region, "Invoke")
    try:
        number, function, version = room.directory.find_version(reference)
    except ServiceError:
        return None
    alias = function.aliases.get(reference.qualifier)
    settings = version.settings
    config = function.invoke_configs.get(reference.qualifier or LATEST)
    found = Function(
        name=function.name,
        region=function.region,
        timeout_s=settings.timeout_s,
        reserved=function.reserved,
        has_dead_letters=bool(settings.dead_letter_arn),
        has_destinations=config is not None and bool(config.on_success or config.on_failure),
        variables=tuple((settings.variables or {}).values()),
        duration_us=_copy(room.fleet.capacity.tallies.of(number).duration_us),
    )
    return found, alias is not None and bool(alias.weights)


def unqualified(arn: str) -> str:
    """Return a function's ARN without its qualifier."""
    return ":".join(arn.split(":")[:7])


def _copy(histogram: Histogram) -> Histogram:
    copy = Histogram(histogram.bounds)
    copy.counts, copy.total = list(histogram.counts), histogram.total
    return copy
