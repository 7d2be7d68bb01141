"""A setup from a SAM or CloudFormation template."""

import json
import re
from collections.abc import Iterator
from typing import Any

from headrace.api.advice.intrinsics import (
    UNKNOWN,
    Numbers,
    Resolver,
    is_true,
    items_of,
    members_of,
    name_of,
    number_of,
)
from headrace.core.advice.setup import Function, Mapping, Queue, Setup

_SAM_FUNCTION = "AWS::Serverless::Function"
_FUNCTIONS = (_SAM_FUNCTION, "AWS::Lambda::Function")
#: Policies of AWS and of SAM that give the poller what it needs.
_POLLER_POLICIES = ("AWSLambdaSQSQueueExecutionRole", "SQSPollerPolicy")
#: Where a function has dead letters: in SAM and in CloudFormation.
_DEAD_LETTERS = ("DeadLetterQueue", "DeadLetterConfig")
_POLLER_ACTIONS = ("sqs:receivemessage", "sqs:deletemessage", "sqs:getqueueattributes")

#: A text that is nothing but what is not known.
_PLACEHOLDER = re.compile(r"\$\{[^}\"]*\}")

Members = dict[str, Any]


def is_template(document: Any) -> bool:
    """Tell whether this is a template."""
    return isinstance(document, dict) and isinstance(document.get("Resources"), dict)


def setup_of(template: Members) -> Setup:
    """Return the setup that a template makes; resources of other kinds are passed over."""
    return _Reading(template).setup()


class _Reading:
    """One template while it is read."""

    def __init__(self, template: Members) -> None:
        resolver = Resolver(template)
        globals_ = members_of(resolver.resolve(template.get("Globals")))
        self._globals = members_of(globals_.get("Function"))
        self._resources: dict[str, tuple[str, Members]] = {}
        for name, resource in template["Resources"].items():
            if isinstance(resource, dict):
                properties = members_of(resolver.resolve(resource.get("Properties")))
                self._resources[str(name)] = str(resource.get("Type", "")), properties
        self._queue_names = {
            str(members["QueueName"]): name
            for name, members in self._of("AWS::SQS::Queue")
            if "QueueName" in members
        }
        self._function_names = {
            str(members["FunctionName"]): name
            for name, members in self._of(*_FUNCTIONS)
            if "FunctionName" in members
        }

    def setup(self) -> Setup:
        """Return what was read."""
        return Setup(
            queues={name: self._queue(name, one) for name, one in self._of("AWS::SQS::Queue")},
            functions={name: self._function(name, one) for name, one in self._of(*_FUNCTIONS)},
            mappings=[*self._mappings(), *self._events()],
        )

    def _of(self, *kinds: str) -> Iterator[tuple[str, Members]]:
        for name, (kind, members) in self._resources.items():
            if kind in kinds:
                yield name, members

    # --- queues and functions --------------------------------------------------------------------

    def _queue(self, name: str, members: Members) -> Queue:
        policy = members.get("RedrivePolicy")
        redrive = _json(policy) if isinstance(policy, str) else members_of(policy)
        numbers = Numbers()
        wait = members.get("ReceiveMessageWaitTimeSeconds")
        return Queue(
            name=name,
            is_fifo=is_true(members.get("FifoQueue")),
            visibility_s=numbers.read("visibility_s", members.get("VisibilityTimeout"), 30),
            retention_s=numbers.read("retention_s", members.get("MessageRetentionPeriod"), 345_600),
            delay_s=numbers.read("delay_s", members.get("DelaySeconds"), 0),
            wait_s=numbers.read("wait_s", wait, 0),
            unknown=numbers.unknown(),
            max_receive_count=number_of(redrive.get("maxReceiveCount"), 0),
            has_redrive=bool(redrive) or policy == UNKNOWN,
            dead_letter_queue=self._queue_key(redrive.get("deadLetterTargetArn", "")),
            has_key=bool(members.get("KmsMasterKeyId")),
            is_sns_wrapped=any(self._wraps(one, name) for one in self._subscriptions()),
        )

    def _subscriptions(self) -> list[Members]:
        return [members for _, members in self._of("AWS::SNS::Subscription")]

    def _wraps(self, subscription: Members, queue: str) -> bool:
        return (
            subscription.get("Protocol") == "sqs"
            and self._queue_key(subscription.get("Endpoint", "")) == queue
            and not is_true(subscription.get("RawMessageDelivery"))
        )

    def _function(self, name: str, members: Members) -> Function:
        if self._resources[name][0] == _SAM_FUNCTION:
            members = {**self._globals, **members}
        variables = members_of(members_of(members.get("Environment")).get("Variables"))
        reserved = members.get("ReservedConcurrentExecutions")
        invoke = members_of(members.get("EventInvokeConfig"))
        numbers = Numbers()
        return Function(
            name=name,
            timeout_s=numbers.read("timeout_s", members.get("Timeout"), 3),
            reserved=None if reserved is None else numbers.read("reserved", reserved, 1_000),
            unknown=numbers.unknown(),
            has_dead_letters=bool(
                members.get("DeadLetterConfig") or members.get("DeadLetterQueue")
            ),
            has_destinations=bool(invoke.get("DestinationConfig")) or self._has_destinations(name),
            variables=tuple(map(str, variables.values())),
            actions=self._actions(name, members),
        )

    def _has_destinations(self, function: str) -> bool:
        return any(
            self._function_key(members.get("FunctionName", "")) == function
            and members.get("DestinationConfig")
            for _, members in self._of("AWS::Lambda::EventInvokeConfig")
        )

    def _actions(self, function: str, members: Members) -> tuple[str, ...] | None:
        """Return what the role allows; None: its policies are not all here."""
        if self._resources[function][0] == _SAM_FUNCTION and "Role" not in members:
            return None if members.get("Events") else self._allowed(members.get("Policies") or [])
        role = self._resources.get(name_of(members.get("Role", "")))
        if role is None:
            return None
        managed, inline = (role[1].get(name, []) for name in ("ManagedPolicyArns", "Policies"))
        if not isinstance(managed, list) or not isinstance(inline, list):
            return None
        documents = [members_of(one).get("PolicyDocument", {}) for one in inline]
        return self._allowed([*managed, *documents])

    @staticmethod
    def _allowed(policies: Any) -> tuple[str, ...] | None:
        actions: list[str] = []
        for policy in policies if isinstance(policies, list) else [policies]:
            if isinstance(policy, str):
                if policy == UNKNOWN:
                    return None
                actions += _POLLER_ACTIONS if policy.endswith(_POLLER_POLICIES) else ()
            elif isinstance(policy, dict) and "Statement" in policy:
                actions += _actions_of(policy)
            elif isinstance(policy, dict):
                actions += _POLLER_ACTIONS if policy.keys() & {*_POLLER_POLICIES} else ()
        return tuple(actions)

    # --- mappings --------------------------------------------------------------------------------

    def _mappings(self) -> Iterator[Mapping]:
        for name, members in self._of("AWS::Lambda::EventSourceMapping"):
            source = members.get("EventSourceArn", "")
            if self._queue_key(source) in self._resources or ":sqs:" in str(source):
                yield self._mapping(name, source, members.get("FunctionName", ""), members)

    def _events(self) -> Iterator[Mapping]:
        for function, members in self._of(_SAM_FUNCTION):
            for name, event in members_of(members.get("Events")).items():
                if isinstance(event, dict) and event.get("Type") == "SQS":
                    settings = members_of(event.get("Properties"))
                    label = f"{function}.{name}"
                    found = self._mapping(
                        label, settings.get("Queue", ""), f"${{{function}}}", settings
                    )
                    yield found

    def _mapping(self, name: str, source: Any, function: Any, members: Members) -> Mapping:
        pollers = members_of(members.get("ProvisionedPollerConfig"))
        scaling = members_of(members.get("ScalingConfig"))
        filters = items_of(members_of(members.get("FilterCriteria")).get("Filters"))
        least, most = pollers.get("MinimumPollers"), pollers.get("MaximumPollers")
        numbers = Numbers()
        return Mapping(
            name=name,
            # What is imported is nobody else's for sure.
            queue=f"the queue of {name}" if source == UNKNOWN else self._queue_key(source),
            function=(
                f"the function of {name}" if function == UNKNOWN else self._function_key(function)
            ),
            batch_size=numbers.read("batch_size", members.get("BatchSize"), 10),
            window_s=numbers.read("window_s", members.get("MaximumBatchingWindowInSeconds"), 0),
            reports_failures=bool(members.get("FunctionResponseTypes")),
            maximum_concurrency=numbers.read(
                "maximum_concurrency", scaling.get("MaximumConcurrency"), 0
            ),
            filters=tuple(_pattern_of(one) for one in filters if isinstance(one, dict)),
            minimum_pollers=numbers.read("minimum_pollers", least, 2 if pollers else 0),
            maximum_pollers=numbers.read("maximum_pollers", most, 200 if pollers else 0),
            unknown=numbers.unknown(),
            has_event_count=bool(members_of(members.get("MetricsConfig")).get("Metrics")),
            is_weighted=self._is_weighted(function),
        )

    def _is_weighted(self, function: Any) -> bool:
        kind, members = self._resources.get(name_of(function), ("", {}))
        if kind == "AWS::Lambda::Alias":
            return bool(members_of(members.get("RoutingConfig")).get("AdditionalVersionWeights"))
        return False

    def _queue_key(self, value: Any) -> str:
        """Return the name of the queue here that a text means; else what the text ends in."""
        name = name_of(value)
        if self._resources.get(name, ("",))[0] == "AWS::SQS::Queue":
            return name
        end = str(value).rpartition(":")[2]
        return self._queue_names.get(end, end)

    def _function_key(self, value: Any, passed: tuple[str, ...] = ()) -> str:
        """Return the name of the function that a text means, behind the aliases `passed`."""
        name = name_of(value)
        kind, members = self._resources.get(name, ("", {}))
        if kind in {"AWS::Lambda::Alias", "AWS::Lambda::Version"} and name not in passed:
            return self._function_key(members.get("FunctionName", ""), (*passed, name))
        if kind in _FUNCTIONS:
            return name
        text = str(value)
        end = text.partition(":function:")[2].partition(":")[0] or text
        return self._function_names.get(end, end)


def _json(text: str) -> Members:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _pattern_of(entry: Members) -> str:
    """Return a filter's pattern; SAM takes it as text only, people write objects too.

    One that is not known is as one that asks for nothing.
    """
    pattern = entry.get("Pattern", "{}")
    if isinstance(pattern, str):
        return "{}" if _PLACEHOLDER.fullmatch(pattern) else pattern
    return json.dumps(pattern)


def _actions_of(policy: Members) -> list[str]:
    statements = policy["Statement"]
    found: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict) and statement.get("Effect") == "Allow":
            actions = statement.get("Action")
            named = [actions] if isinstance(actions, str) else items_of(actions)
            found += [str(one).lower() for one in named]
    return found
