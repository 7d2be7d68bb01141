"""A setup from a Terraform plan: what `terraform show -json plan` prints.

Values that are known stand in `planned_values`; what refers to a resource that is not made yet is
not, and is found by the references in `configuration`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from headrace.api.advice.intrinsics import is_true, items_of, members_of, number_of
from headrace.core.advice.setup import Function, Mapping, Queue, Setup

Members = dict[str, Any]

_INDEX = re.compile(r"\[[^\]]*\]")


def is_plan(document: Any) -> bool:
    """Tell whether this is a plan."""
    return isinstance(document, dict) and "planned_values" in document


def setup_of(plan: Members) -> Setup:
    """Return the setup that a plan leads to; resources of other kinds are passed over."""
    return _Reading(plan).setup()


class _Resource:
    """One planned resource."""

    def __init__(self, found: Members, module: str, expressions: Members) -> None:
        self.address = str(found["address"])
        self.kind = str(found.get("type", ""))
        self.module = module
        self.values = members_of(found.get("values"))
        self.expressions = expressions

    def first(self, name: str) -> Members:
        """Return a block's members; empty when it is not there."""
        blocks = items_of(self.values.get(name))
        return members_of(blocks[0]) if blocks else {}


class _Reading:
    """One plan while it is read."""

    def __init__(self, plan: Members) -> None:
        configuration = members_of(members_of(plan.get("configuration")).get("root_module"))
        planned = members_of(members_of(plan.get("planned_values")).get("root_module"))
        resources = list(_resources(planned, configuration, ""))
        self._by_address = {_INDEX.sub("", one.address): one for one in reversed(resources)}
        self._by_kind: dict[str, list[_Resource]] = {}
        for one in resources:
            self._by_kind.setdefault(one.kind, []).append(one)
        #: What sets a queue's redrive policy beside it, by the queue's address.
        self._redrives = {
            self._target(one, "queue_url", "aws_sqs_queue"): one
            for one in self._of("aws_sqs_queue_redrive_policy")
        }
        self._wrapped = {  #: Addresses of queues that topics send envelopes to.
            self._target(one, "endpoint", "aws_sqs_queue")
            for one in self._of("aws_sns_topic_subscription")
            if one.values.get("protocol") == "sqs"
            and not is_true(one.values.get("raw_message_delivery"))
        }
        self._with_destinations = {  #: Addresses of functions.
            self._target(one, "function_name", "aws_lambda_function")
            for one in self._of("aws_lambda_function_event_invoke_config")
            if one.values.get("destination_config")
        }

    def setup(self) -> Setup:
        """Return what was read."""
        sources = self._of("aws_lambda_event_source_mapping")
        return Setup(
            queues={one.address: self._queue(one) for one in self._of("aws_sqs_queue")},
            functions={one.address: self._function(one) for one in self._of("aws_lambda_function")},
            mappings=[self._mapping(one) for one in sources if self._is_of_a_queue(one)],
        )

    def _of(self, kind: str) -> list[_Resource]:
        return self._by_kind.get(kind, [])

    def _queue(self, one: _Resource) -> Queue:
        values = one.values
        policy, target = self._redrive(one)
        return Queue(
            name=one.address,
            is_fifo=is_true(values.get("fifo_queue")),
            visibility_s=number_of(values.get("visibility_timeout_seconds"), 30),
            retention_s=number_of(values.get("message_retention_seconds"), 345_600),
            delay_s=number_of(values.get("delay_seconds"), 0),
            wait_s=number_of(values.get("receive_wait_time_seconds"), 0),
            # A policy that names a queue of the same plan is not known before it is applied.
            max_receive_count=number_of(policy.get("maxReceiveCount"), 0),
            has_redrive=bool(policy or target),
            dead_letter_queue=target,
            has_key=bool(values.get("kms_master_key_id")),
            is_sns_wrapped=one.address in self._wrapped,
        )

    def _redrive(self, queue: _Resource) -> tuple[Members, str]:
        """Return a queue's redrive policy and dead-letter queue, wherever they are set."""
        beside = self._redrives.get(queue.address)
        for place in [queue] if beside is None else [beside, queue]:
            policy = _json(place.values.get("redrive_policy"))
            target = self._target(place, "redrive_policy", "aws_sqs_queue")
            if policy or target:
                known = str(policy.get("deadLetterTargetArn", ""))
                return policy, target or self._by_name("aws_sqs_queue", known) or known
        return {}, ""

    def _function(self, one: _Resource) -> Function:
        reserved = number_of(one.values.get("reserved_concurrent_executions"), -1)
        variables = members_of(one.first("environment").get("variables"))
        return Function(
            name=one.address,
            timeout_s=number_of(one.values.get("timeout"), 3),
            reserved=None if reserved < 0 else reserved,
            has_dead_letters=bool(one.values.get("dead_letter_config")),
            has_destinations=one.address in self._with_destinations,
            variables=tuple(map(str, variables.values())),
        )

    def _is_of_a_queue(self, one: _Resource) -> bool:
        source = str(one.values.get("event_source_arn") or "")
        return ":sqs:" in source or bool(self._target(one, "event_source_arn", "aws_sqs_queue"))

    def _mapping(self, one: _Resource) -> Mapping:
        values = one.values
        pollers = one.first("provisioned_poller_config")
        filters = items_of(one.first("filter_criteria").get("filter"))
        alias = self._target(one, "function_name", "aws_lambda_alias")
        routing = self._alias(alias).first("routing_config") if alias else {}
        return Mapping(
            name=one.address,
            queue=self._named(one, "event_source_arn", "aws_sqs_queue"),
            function=self._function_name(one, alias),
            batch_size=number_of(values.get("batch_size"), 10),
            window_s=number_of(values.get("maximum_batching_window_in_seconds"), 0),
            reports_failures=bool(values.get("function_response_types")),
            maximum_concurrency=number_of(
                one.first("scaling_config").get("maximum_concurrency"), 0
            ),
            filters=tuple(str(members_of(each).get("pattern") or "{}") for each in filters),
            minimum_pollers=number_of(pollers.get("minimum_pollers"), 2 if pollers else 0),
            maximum_pollers=number_of(pollers.get("maximum_pollers"), 200 if pollers else 0),
            has_event_count=bool(one.first("metrics_config").get("metrics")),
            is_weighted=bool(routing.get("additional_version_weights")),
        )

    def _function_name(self, mapping: _Resource, alias: str) -> str:
        if alias:
            return self._named(self._alias(alias), "function_name", "aws_lambda_function")
        return self._named(mapping, "function_name", "aws_lambda_function")

    def _alias(self, address: str) -> _Resource:
        return self._by_address[_INDEX.sub("", address)]

    def _named(self, one: _Resource, member: str, kind: str) -> str:
        """Return the address of the resource that a member means; else what it says itself."""
        found = self._target(one, member, kind)
        if found:
            return found
        text = str(one.values.get(member) or "")
        return self._by_name(kind, text) or text

    def _by_name(self, kind: str, text: str) -> str:
        """Return the address of the resource whose name or ARN a text is; empty: none's."""
        name = text.partition(":function:")[2].partition(":")[0] or text.rpartition(":")[2]
        for one in self._of(kind):
            own = one.values.get("name") or one.values.get("function_name")
            if text and name == own:
                return one.address
        return ""

    def _target(self, one: _Resource, member: str, kind: str) -> str:
        """Return the address of the resource of this kind that a member refers to; or empty."""
        for reference in _references(one.expressions.get(member)):
            own = ".".join(_INDEX.sub("", reference).split(".")[:2])  # type.name[.attribute]
            found = self._by_address.get(f"{one.module}{own}")
            if found is not None and found.kind == kind and found.module == one.module:
                return found.address
        return ""


def _resources(planned: Members, configuration: Members, module: str) -> Iterator[_Resource]:
    """Yield the resources of a module and of those that it calls, with their expressions."""
    rows = map(members_of, items_of(configuration.get("resources")))
    known = {str(one.get("address")): one for one in rows}
    for found in map(members_of, items_of(planned.get("resources"))):
        if not found.get("address"):
            continue
        address = _INDEX.sub("", str(found["address"])).removeprefix(module)
        expressions = members_of(members_of(known.get(address)).get("expressions"))
        yield _Resource(found, module, expressions)
    calls = members_of(configuration.get("module_calls"))
    for child in map(members_of, items_of(planned.get("child_modules"))):
        address = _INDEX.sub("", str(child.get("address", "")))
        name = address.rpartition("module.")[2]
        inside = members_of(members_of(calls.get(name)).get("module"))
        yield from _resources(child, inside, f"{address}.")


def _references(expression: Any) -> list[str]:
    """Return what an expression refers to, at any depth."""
    if isinstance(expression, list):
        return [one for each in expression for one in _references(each)]
    if not isinstance(expression, dict):
        return []
    found = [str(one) for one in items_of(expression.get("references"))]
    return found + [
        one
        for name, each in expression.items()
        if name != "references"
        for one in _references(each)
    ]


def _json(text: Any) -> Members:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
