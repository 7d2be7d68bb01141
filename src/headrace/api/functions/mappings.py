"""Event source mapping operations: parameters to commands, replies to answers.

Source: spec/esm.md sections 1 and 12.2. What only other event sources have is refused in words;
nothing is taken and ignored.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.base.arn import Arn, parse_arn, partition_of
from headrace.base.errors import ServiceError
from headrace.core.functions.errors import InvalidParameterValue as BadReference
from headrace.core.functions.errors import ResourceNotFound, access_denied
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.mapping.commands import (
    CreateMapping,
    DeleteMapping,
    GetMapping,
    ListMappings,
    Pollers,
    Source,
    Target,
    UpdateMapping,
)
from headrace.core.mapping.errors import InvalidParameterValue
from headrace.core.mapping.limits import BATCH_SIZE_DEFAULT, LIST_PAGE_MAX
from headrace.core.mapping.replies import MappingFound, MappingsFound
from headrace.core.mapping.settings import Settings, pollers
from headrace.core.sqs.errors import QueueDoesNotExist
from headrace.wire.model import NULL

REPORT_FAILURES = "ReportBatchItemFailures"

#: Members that only other event sources have (spec/esm.md 1.2).
_OF_OTHER_SOURCES = (
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
)
#: Members of a mapping that are null for every queue (spec/esm.md 1.3).
_ALWAYS_NULL = (
    *_OF_OTHER_SOURCES,
    "LastProcessingResult",
    "FilterCriteriaError",
    "DestinationConfig",
)
_NULLS: Mapping[str, Any] = dict.fromkeys(_ALWAYS_NULL, NULL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Greater than every UUID: behind it there is nothing.
_BEHIND_ALL = "~"


# --- parameters to commands ----------------------------------------------------------------------


def create_mapping(parameters: Parameters, context: Context, rooms: Any) -> CreateMapping:
    """Read CreateEventSourceMapping.

    Raises:
        ServiceError: In the order of spec/esm.md 1.4: a destination, no source, what queues do not
            have, no such function, no such queue. The rules between them are the mapping's.
    """
    _refuse_destination(parameters)
    source_arn = _event_source(parameters)
    _refuse_foreign(parameters)
    target = _target(parameters["FunctionName"], context, rooms, "CreateEventSourceMapping")
    source = _source(source_arn, context, rooms)
    if parameters.get("ProvisionedPollerConfig") == {}:
        raise InvalidParameterValue(
            "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is "
            "provided."
        )
    change = _pollers(parameters) or Pollers()
    least, most = pollers(change.least, change.most)
    settings = Settings(
        function_arn=target.arn,
        batch_size=parameters.get("BatchSize", BATCH_SIZE_DEFAULT),
        window_s=parameters.get("MaximumBatchingWindowInSeconds", 0),
        reports_failures=bool(_reports_failures(parameters)),
        maximum_concurrency=_maximum_concurrency(parameters) or 0,
        filters=_filters(parameters) or (),
        minimum_pollers=least,
        maximum_pollers=most,
        metrics=_metrics(parameters) or (),
        kms_key_arn=parameters.get("KMSKeyArn") or "",
    )
    return CreateMapping(
        seed=context.seed,
        account=context.account,
        region=context.region,
        source=source,
        target=target,
        settings=settings,
        enabled=parameters.get("Enabled", True),
        tags=dict(parameters.get("Tags") or {}),
    )


def update_mapping(parameters: Parameters, context: Context, rooms: Any) -> UpdateMapping:
    """Read UpdateEventSourceMapping; what is not given stays.

    The visibility timeout is compared again only when the request names a function.
    """
    mapping = _find(parameters, context, rooms)
    _refuse_destination(parameters)
    _refuse_foreign(parameters)
    target: Target | None = None
    source: Source | None = None
    if parameters.get("FunctionName"):
        name = parameters["FunctionName"]
        target = _target(name, context, rooms, "UpdateEventSourceMapping")
        source = _source(parse_arn(rooms.mappings.describe(mapping).source_arn), context, rooms)
    return UpdateMapping(
        mapping=mapping,
        target=target,
        source=source,
        batch_size=parameters.get("BatchSize"),
        window_s=parameters.get("MaximumBatchingWindowInSeconds"),
        reports_failures=_reports_failures(parameters),
        maximum_concurrency=_maximum_concurrency(parameters),
        filters=_filters(parameters),
        pollers=_pollers(parameters),
        metrics=_metrics(parameters),
        kms_key_arn=parameters.get("KMSKeyArn"),
        enabled=parameters.get("Enabled"),
    )


def delete_mapping(parameters: Parameters, context: Context, rooms: Any) -> DeleteMapping:
    """Read DeleteEventSourceMapping."""
    return DeleteMapping(_find(parameters, context, rooms))


def get_mapping(parameters: Parameters, context: Context, rooms: Any) -> GetMapping:
    """Read GetEventSourceMapping."""
    return GetMapping(_find(parameters, context, rooms))


def list_mappings(parameters: Parameters, context: Context, rooms: Any) -> ListMappings:
    """Read ListEventSourceMappings; filters that name nothing find nothing (spec/esm.md 1.6)."""
    after = parameters.get("Marker") or ""
    if after and not _UUID.fullmatch(after):
        after = _BEHIND_ALL
    function_arn = ""
    if parameters.get("FunctionName"):
        try:
            reference = _reference(parameters["FunctionName"], context, "ListEventSourceMappings")
            function_arn = reference.qualified_arn
        except ServiceError:
            after = _BEHIND_ALL
    return ListMappings(
        account=context.account,
        region=context.region,
        source_arn=parameters.get("EventSourceArn") or "",
        function_arn=function_arn,
        after=after,
        at_most=parameters.get("MaxItems") or LIST_PAGE_MAX,
    )


# --- replies to answers --------------------------------------------------------------------------


def answer_mapping(
    parameters: Parameters, context: Context, reply: MappingFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with the whole configuration: what is not set is null, not absent."""
    return configuration(reply)


def answer_mappings(
    parameters: Parameters, context: Context, reply: MappingsFound, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with a page; the marker is the last UUID on it.

    A list does not show filters that a key of the user's protects (spec/esm.md 1.3).
    """
    return {
        "EventSourceMappings": [
            configuration(mapping)
            | ({"FilterCriteria": NULL} if mapping.settings.kms_key_arn else {})
            for mapping in reply.mappings
        ],
        "NextMarker": reply.mappings[-1].uuid if reply.more else NULL,
    }


def configuration(found: MappingFound) -> Answer:
    """Return AWS's EventSourceMappingConfiguration of a mapping (spec/esm.md 1.3)."""
    settings = found.settings
    partition = partition_of(found.region)
    place = f"{found.region}:{found.account}"
    concurrency = settings.maximum_concurrency
    return {
        **_NULLS,
        "UUID": found.uuid,
        "EventSourceMappingArn": (
            f"arn:{partition}:lambda:{place}:event-source-mapping:{found.uuid}"
        ),
        "EventSourceArn": found.source_arn,
        "FunctionArn": settings.function_arn,
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.window_s,
        "FunctionResponseTypes": [REPORT_FAILURES] if settings.reports_failures else [],
        "ScalingConfig": {"MaximumConcurrency": concurrency} if concurrency else NULL,
        "FilterCriteria": (
            {"Filters": [{"Pattern": pattern} for pattern in settings.filters]}
            if settings.filters
            else NULL
        ),
        "ProvisionedPollerConfig": (
            {
                "MinimumPollers": settings.minimum_pollers,
                "MaximumPollers": settings.maximum_pollers,
            }
            if settings.minimum_pollers
            else NULL
        ),
        "MetricsConfig": {"Metrics": list(settings.metrics)} if settings.metrics else NULL,
        "KMSKeyArn": settings.kms_key_arn or NULL,
        "State": str(found.state),
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": found.last_modified,
    }


# --- parts ---------------------------------------------------------------------------------------


def _find(parameters: Parameters, context: Context, rooms: Any) -> int:
    number: int = rooms.mappings.find(context.account, context.region, parameters["UUID"])
    return number


def _refuse_destination(parameters: Parameters) -> None:
    destination = parameters.get("DestinationConfig") or {}
    if destination.get("OnSuccess") is not None:
        raise InvalidParameterValue(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    if destination.get("OnFailure"):
        raise InvalidParameterValue("DestinationConfig is not supported for SQS event sources.")


def _event_source(parameters: Parameters) -> Arn:
    text = parameters.get("EventSourceArn")
    if not text:
        raise InvalidParameterValue("Unrecognized event source.")
    try:
        arn = parse_arn(text)
    except ValueError:
        raise InvalidParameterValue("Unrecognized event source.") from None
    if arn.service != "sqs":
        raise InvalidParameterValue(
            f"Unrecognized event source. Headrace serves queues only, not {arn.service}."
        )
    return arn


def _refuse_foreign(parameters: Parameters) -> None:
    """Refuse what a queue's mapping would have to ignore."""
    for name in _OF_OTHER_SOURCES:
        if parameters.get(name) not in (None, {}, []):
            raise InvalidParameterValue(f"{name} is not supported for SQS event sources.")
    if (parameters.get("ProvisionedPollerConfig") or {}).get("PollerGroupName"):
        raise InvalidParameterValue("PollerGroupName is not supported for SQS event sources.")


def _reports_failures(parameters: Parameters) -> bool | None:
    """Return whether single failures are reported; None where the request does not say."""
    types = parameters.get("FunctionResponseTypes")
    return None if types is None else REPORT_FAILURES in types


def _maximum_concurrency(parameters: Parameters) -> int | None:
    """Return the limit, 0 where the request clears it, None where it does not say."""
    scaling = parameters.get("ScalingConfig")
    return None if scaling is None else scaling.get("MaximumConcurrency") or 0


def _filters(parameters: Parameters) -> tuple[str, ...] | None:
    """Return the patterns, none where the request clears them, None where it does not say."""
    criteria = parameters.get("FilterCriteria")
    if criteria is None:
        return None
    return tuple(one.get("Pattern", "") for one in criteria.get("Filters") or ())


def _pollers(parameters: Parameters) -> Pollers | None:
    """Return what the request says of provisioned mode; None where it says nothing."""
    config = parameters.get("ProvisionedPollerConfig")
    if config is None:
        return None
    return Pollers(config.get("MinimumPollers"), config.get("MaximumPollers"))


def _metrics(parameters: Parameters) -> tuple[str, ...] | None:
    """Return the metrics, none where the request clears them, None where it does not say."""
    config = parameters.get("MetricsConfig")
    return None if config is None else tuple(config.get("Metrics") or ())


def _reference(text: str, context: Context, action: str) -> FunctionReference:
    """Return the function of a mapping, which is of the mapping's account whatever policies say.

    Raises:
        AccessDenied: It is another account's.
    """
    reference = parse_reference(text, None, context.account, context.region, action)
    if reference.caller is not None:
        raise access_denied(context.account, context.region, action, reference.arn)
    return reference


def _target(text: str, context: Context, rooms: Any, action: str) -> Target:
    """Return what a mapping needs to know about its function."""
    try:
        reference = _reference(text, context, action)
        _, _, version = rooms.functions.directory.find_version(reference)
    except (ResourceNotFound, BadReference):
        raise InvalidParameterValue("Function does not exist") from None
    return Target(reference.qualified_arn, reference.name, version.settings.timeout_s)


def _source(arn: Arn, context: Context, rooms: Any) -> Source:
    """Return what a mapping needs to know about its queue."""
    if arn.region != context.region:
        raise InvalidParameterValue(
            f"The event source must be in the function's region, {context.region}."
        )
    try:
        queue = rooms.queues.find(arn.account, arn.region, arn.resource)
    except QueueDoesNotExist:
        raise InvalidParameterValue(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
            "not exist."
        ) from None
    return Source(str(arn), rooms.queues.describe(queue).visibility_timeout_s)


_Command = Callable[[Parameters, Context, Any], Any]
_ONE: dict[str, _Command] = {
    "CreateEventSourceMapping": create_mapping,
    "GetEventSourceMapping": get_mapping,
    "UpdateEventSourceMapping": update_mapping,
    "DeleteEventSourceMapping": delete_mapping,
}

OPERATIONS: dict[str, Operation] = {
    **{name: Operation(command, answer_mapping) for name, command in _ONE.items()},
    "ListEventSourceMappings": Operation(list_mappings, answer_mappings),
}
