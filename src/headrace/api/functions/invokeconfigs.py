"""Operations on how asynchronous invokes are handled: parameters to commands, replies to answers.

Source: spec/lambda.md 1.18, 13.7.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.base.arn import Arn, parse_arn
from headrace.base.errors import ServiceError
from headrace.core.functions.commands import (
    DeleteInvokeConfig,
    GetInvokeConfig,
    ListInvokeConfigs,
    SetInvokeConfig,
)
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.invokeconfigs import find_configurable
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import Done, InvokeConfigShown, InvokeConfigsListed

Bodies = Mapping[Any, bytes]

#: Services that AWS can send to and this server has not.
_UNSERVED = frozenset({"sns", "events", "s3"})


def put_config(parameters: Parameters, context: Context, rooms: Any) -> SetInvokeConfig:
    """Read PutFunctionEventInvokeConfig."""
    return _read(parameters, context, rooms, "PutFunctionEventInvokeConfig")


def update_config(parameters: Parameters, context: Context, rooms: Any) -> SetInvokeConfig:
    """Read UpdateFunctionEventInvokeConfig."""
    return _read(parameters, context, rooms, "UpdateFunctionEventInvokeConfig")


def _read(parameters: Parameters, context: Context, rooms: Any, action: str) -> SetInvokeConfig:
    """Read either; destinations are looked at after the function (L-A53)."""
    reference = reference_of(parameters, context, action)
    destinations = parameters.get("DestinationConfig")
    on_success = on_failure = None
    if destinations is not None:
        on_success = (destinations.get("OnSuccess") or {}).get("Destination") or ""
        on_failure = (destinations.get("OnFailure") or {}).get("Destination") or ""
    command = SetInvokeConfig(
        reference=reference,
        retries=parameters.get("MaximumRetryAttempts"),
        age_s=parameters.get("MaximumEventAgeInSeconds"),
        on_success=on_success,
        on_failure=on_failure,
        merges=action.startswith("Update"),
    )
    find_configurable(command, rooms.functions.directory)
    for destination in (on_success, on_failure):
        if destination:
            _check_destination(destination, command, rooms)
    return command


def _check_destination(text: str, command: SetInvokeConfig, rooms: Any) -> None:
    """Refuse a destination that is not there, or that nothing can be sent to.

    Raises:
        InvalidParameterValue: It exists not, or is the function itself, or of another service.
    """
    try:
        arn = parse_arn(text)
    except ValueError:
        raise _invalid(text) from None
    if arn.service == "lambda":
        target = _find_function(text, arn, rooms)
        if target.arn == command.reference.arn:
            raise InvalidParameterValue(
                "You can't specify the function as a destination for itself."
            )
    elif arn.service == "sqs":
        try:
            queue = rooms.queues.find_arn(text)
        except ServiceError:
            raise _invalid(text) from None
        if rooms.queues.describe(queue).is_fifo:
            raise _unsuitable(command)
    elif arn.service in _UNSERVED:
        raise InvalidParameterValue(
            f"This server does not serve destinations of the service {arn.service} yet."
        )
    else:
        raise _unsuitable(command)


def _find_function(text: str, arn: Arn, rooms: Any) -> FunctionReference:
    try:
        reference = parse_reference(text, None, arn.account, arn.region, "InvokeFunction")
        rooms.functions.find(reference)
    except ServiceError:
        raise _invalid(text) from None
    return reference


def _invalid(text: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"The destination ARN {text} is invalid.")


def _unsuitable(command: SetInvokeConfig) -> InvalidParameterValue:
    """Return AWS's refusal of a service that nothing can be sent to, in its way to show both."""
    success, failure = command.on_success, command.on_failure
    on_success = f"OnSuccess(destination={success})" if success else "null"
    on_failure = f"OnFailure(destination={failure})" if failure else "null"
    return InvalidParameterValue(
        f"The provided destination config DestinationConfig(onSuccess={on_success}, "
        f"onFailure={on_failure}) is invalid."
    )


def get_config(parameters: Parameters, context: Context, rooms: Any) -> GetInvokeConfig:
    """Read GetFunctionEventInvokeConfig."""
    return GetInvokeConfig(reference_of(parameters, context, "GetFunctionEventInvokeConfig"))


def delete_config(parameters: Parameters, context: Context, rooms: Any) -> DeleteInvokeConfig:
    """Read DeleteFunctionEventInvokeConfig."""
    return DeleteInvokeConfig(reference_of(parameters, context, "DeleteFunctionEventInvokeConfig"))


def list_configs(parameters: Parameters, context: Context, rooms: Any) -> ListInvokeConfigs:
    """Read ListFunctionEventInvokeConfigs."""
    (after,) = decode_marker(parameters)
    return ListInvokeConfigs(
        reference=reference_of(parameters, context, "ListFunctionEventInvokeConfigs"),
        after=after,
        at_most=at_most(parameters),
    )


def answer_config(
    parameters: Parameters, context: Context, reply: InvokeConfigShown, bodies: Bodies
) -> Answer:
    """Answer with what is set."""
    return _shown(reply)


def answer_done(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_list(
    parameters: Parameters, context: Context, reply: InvokeConfigsListed, bodies: Bodies
) -> Answer:
    """Answer with a page."""
    answer: Answer = {"FunctionEventInvokeConfigs": [_shown(entry) for entry in reply.entries]}
    if reply.more:
        answer["NextMarker"] = encode_marker(reply.entries[-1].arn.rpartition(":")[2])
    return answer


def _shown(entry: InvokeConfigShown) -> Answer:
    config = entry.config
    answer: Answer = {"LastModified": config.changed_at, "FunctionArn": entry.arn}
    if config.retries is not None:
        answer["MaximumRetryAttempts"] = config.retries
    if config.age_s is not None:
        answer["MaximumEventAgeInSeconds"] = config.age_s
    answer["DestinationConfig"] = {
        "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
        "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
    }
    return answer


OPERATIONS: dict[str, Operation] = {
    "PutFunctionEventInvokeConfig": Operation(put_config, answer_config),
    "UpdateFunctionEventInvokeConfig": Operation(update_config, answer_config),
    "GetFunctionEventInvokeConfig": Operation(get_config, answer_config),
    "DeleteFunctionEventInvokeConfig": Operation(delete_config, answer_done),
    "ListFunctionEventInvokeConfigs": Operation(list_configs, answer_list),
}
