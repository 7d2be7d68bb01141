"""A setup from a Terraform plan: what `terraform show -json plan` prints.

Values that are known stand in `planned_values`; what refers to a resource that is not made yet is
not, and is found by the references in `configuration`.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from headrace.api.advice.intrinsics import (
    UNKNOWN,
    Numbers,
    is_true,
    items_of,
    members_of,
    number_of,
)
from headrace.api.advice.references import INDEX, Configuration
from headrace.core.advice.setup import Function, Mapping, Queue, Setup

Members = dict[str, Any]


def is_plan(document: Any) -> bool:
    """Tell whether this is a plan."""
    return isinstance(document, dict) and "planned_values" in document


def setup_of(plan: Members) -> Setup:
    """Return the setup that a plan leads to; resources of other kinds are passed over."""
    return _Reading(plan).setup()


class _Resource:
    """One planned resource."""

    def __init__(self, found: Members, module: str, unknown: Members) -> None:
        self.address = str(found["address"])
        self.general = INDEX.sub("", self.address)  #: Of all its instances.
        self.keys = tuple(INDEX.findall(self.address))  #: Of this one, those of its modules first.
        self.kind = str(found.get("type", ""))
        self.module = module
        opened = {name: UNKNOWN for name, is_unknown in unknown.items() if is_unknown is True}
        self.values = {**opened, **members_of(found.get("values"))}

    def first(self, name: str) -> Members:
        """Return a block's members; empty when it is not there."""
        blocks = items_of(self.values.get(name))
        return members_of(blocks[0]) if blocks else {}


class _Reading:
    """One plan while it is read."""

    def __init__(self, plan: Members) -> None:
        self._configuration = Configuration(
            members_of(members_of(plan.get("configuration")).get("root_module"))
        )
        planned = members_of(members_of(plan.get("planned_values")).get("root_module"))
        self._by_address: dict[str, dict[tuple[str, ...], _Resource]] = {}  # general; by keys
        self._names: dict[tuple[str, str], str] = {}  # kind and name, to address
        self._by_kind: dict[str, list[_Resource]] = {}
        for one in _resources(planned, "", _unknown_values(plan)):
            self._by_address.setdefault(one.general, {})[one.keys] = one
            name = str(one.values.get("name") or one.values.get("function_name") or "")
            self._names.setdefault((one.kind, name), one.address)
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
        numbers = Numbers()
        retention = values.get("message_retention_seconds")
        return Queue(
            name=one.address,
            is_fifo=is_true(values.get("fifo_queue")),
            visibility_s=numbers.read("visibility_s", values.get("visibility_timeout_seconds"), 30),
            retention_s=numbers.read("retention_s", retention, 345_600),
            delay_s=numbers.read("delay_s", values.get("delay_seconds"), 0),
            wait_s=numbers.read("wait_s", values.get("receive_wait_time_seconds"), 0),
            unknown=numbers.unknown(),
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
        numbers = Numbers()
        reserved = numbers.read("reserved", one.values.get("reserved_concurrent_executions"), -1)
        variables = members_of(one.first("environment").get("variables"))
        return Function(
            name=one.address,
            timeout_s=numbers.read("timeout_s", one.values.get("timeout"), 3),
            unknown=numbers.unknown(),
            reserved=None if reserved < 0 else reserved,
            has_dead_letters=bool(one.values.get("dead_letter_config")),
            has_destinations=one.address in self._with_destinations,
            variables=tuple(map(str, variables.values())),
        )

    def _is_of_a_queue(self, one: _Resource) -> bool:
        """Tell whether a mapping's source is a queue; only that of a stream says where to start."""
        source = one.values.get("event_source_arn")
        if source and source != UNKNOWN:
            return ":sqs:" in str(source)
        if self._targets(one, "event_source_arn", "aws_sqs_queue"):
            return True
        others = ("starting_position", "queues", "topics", "self_managed_event_source")
        return source == UNKNOWN and not any(one.values.get(name) for name in others)

    def _mapping(self, one: _Resource) -> Mapping:
        values = one.values
        pollers = one.first("provisioned_poller_config")
        filters = items_of(one.first("filter_criteria").get("filter"))
        alias = self._target(one, "function_name", "aws_lambda_alias")
        routing = self._alias(alias).first("routing_config") if alias else {}
        window = values.get("maximum_batching_window_in_seconds")
        numbers = Numbers()
        return Mapping(
            name=one.address,
            # A source that is not known is nobody else's for sure.
            queue=self._named(one, "event_source_arn", "aws_sqs_queue")
            or f"the queue of {one.address}",
            function=self._function_name(one, alias) or f"the function of {one.address}",
            batch_size=numbers.read("batch_size", values.get("batch_size"), 10),
            window_s=numbers.read("window_s", window, 0),
            unknown=numbers.unknown(),
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
        return next(one for one in self._of("aws_lambda_alias") if one.address == address)

    def _named(self, one: _Resource, member: str, kind: str) -> str:
        """Return the address of the resource that a member means; else what it says itself."""
        found = self._target(one, member, kind)
        if found:
            return found
        text = str(one.values.get(member) or "").removeprefix(UNKNOWN)
        return self._by_name(kind, text) or text

    def _by_name(self, kind: str, text: str) -> str:
        """Return the address of the resource whose name or ARN a text is; empty: none's."""
        name = text.partition(":function:")[2].partition(":")[0] or text.rpartition(":")[2]
        return self._names.get((kind, name), "") if name else ""

    def _target(self, one: _Resource, member: str, kind: str) -> str:
        """Return the address of the resource of this kind that a member refers to; or empty."""
        found = self._targets(one, member, kind)
        return found[0] if len(found) == 1 else ""

    def _targets(self, one: _Resource, member: str, kind: str) -> list[str]:
        """Return what a member may refer to: more than one if it leads through a module's map."""
        direct: dict[str, str] = {}
        others: dict[str, str] = {}
        for address, is_direct in self._configuration.targets(one.general, one.module, member):
            general = INDEX.sub("", address)
            instances = self._by_address.get(general, {})
            if any(each.kind == kind for each in islice(instances.values(), 1)):
                chosen = _instance(instances, tuple(INDEX.findall(address)) or one.keys)
                (direct if is_direct else others).setdefault(general, chosen)
        return list(direct.values())[:1] or list(others.values())


def _instance(instances: dict[tuple[str, ...], _Resource], keys: tuple[str, ...]) -> str:
    """Return the address of the instance that has these keys, or most of them."""
    if keys in instances:
        return instances[keys].address
    return max(instances.values(), key=lambda one: sum(key in one.keys for key in keys)).address


def _resources(planned: Members, module: str, unknown: dict[str, Members]) -> Iterator[_Resource]:
    """Yield the resources of a module and of those that it calls."""
    for found in map(members_of, items_of(planned.get("resources"))):
        if found.get("address"):
            yield _Resource(found, module, unknown.get(str(found["address"]), {}))
    for child in map(members_of, items_of(planned.get("child_modules"))):
        address = INDEX.sub("", str(child.get("address", "")))
        yield from _resources(child, f"{address}.", unknown)


def _unknown_values(plan: Members) -> dict[str, Members]:
    """Return by address which values will be known only when a plan was applied."""
    changes = map(members_of, items_of(plan.get("resource_changes")))
    return {
        str(one.get("address")): members_of(members_of(one.get("change")).get("after_unknown"))
        for one in changes
    }


def _json(text: Any) -> Members:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
