"""Operations on concurrency and accounts: parameters to commands, replies to answers.

Source: spec/lambda.md 1.15, 1.16.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import (
    GetAccount,
    GetConcurrency,
    GetProvisioned,
    ListProvisioned,
    ProvisionConcurrency,
    ReserveConcurrency,
    UnprovisionConcurrency,
)
from headrace.core.functions.instants import format_modified
from headrace.core.functions.limits import (
    ACCOUNT_CODE_BYTES_MAX,
    UNZIPPED_BYTES_MAX,
    ZIPPED_BYTES_MAX,
)
from headrace.core.functions.replies import (
    AccountShown,
    ConcurrencyShown,
    Done,
    ProvisionedListed,
    ProvisionedShown,
)

Bodies = Mapping[Any, bytes]


def put_concurrency(parameters: Parameters, context: Context, rooms: Any) -> ReserveConcurrency:
    """Read PutFunctionConcurrency."""
    return ReserveConcurrency(
        reference_of(parameters, context, "PutFunctionConcurrency"),
        parameters["ReservedConcurrentExecutions"],
    )


def delete_concurrency(parameters: Parameters, context: Context, rooms: Any) -> ReserveConcurrency:
    """Read DeleteFunctionConcurrency."""
    return ReserveConcurrency(reference_of(parameters, context, "DeleteFunctionConcurrency"), None)


def get_concurrency(parameters: Parameters, context: Context, rooms: Any) -> GetConcurrency:
    """Read GetFunctionConcurrency."""
    return GetConcurrency(reference_of(parameters, context, "GetFunctionConcurrency"))


def get_account(parameters: Parameters, context: Context, rooms: Any) -> GetAccount:
    """Read GetAccountSettings."""
    return GetAccount(context.account, context.region)


def put_provisioned(parameters: Parameters, context: Context, rooms: Any) -> ProvisionConcurrency:
    """Read PutProvisionedConcurrencyConfig."""
    return ProvisionConcurrency(
        reference=reference_of(parameters, context, "PutProvisionedConcurrencyConfig"),
        requested=parameters["ProvisionedConcurrentExecutions"],
        seed=context.seed,
    )


def delete_provisioned(
    parameters: Parameters, context: Context, rooms: Any
) -> UnprovisionConcurrency:
    """Read DeleteProvisionedConcurrencyConfig."""
    reference = reference_of(parameters, context, "DeleteProvisionedConcurrencyConfig")
    return UnprovisionConcurrency(reference, context.seed)


def get_provisioned(parameters: Parameters, context: Context, rooms: Any) -> GetProvisioned:
    """Read GetProvisionedConcurrencyConfig."""
    return GetProvisioned(reference_of(parameters, context, "GetProvisionedConcurrencyConfig"))


def list_provisioned(parameters: Parameters, context: Context, rooms: Any) -> ListProvisioned:
    """Read ListProvisionedConcurrencyConfigs."""
    (after,) = decode_marker(parameters)
    return ListProvisioned(
        reference=reference_of(parameters, context, "ListProvisionedConcurrencyConfigs"),
        after=after,
        at_most=at_most(parameters),
    )


def answer_concurrency(
    parameters: Parameters, context: Context, reply: ConcurrencyShown, bodies: Bodies
) -> Answer:
    """Answer with what is reserved, or with nothing; 0 is something."""
    return {} if reply.reserved is None else {"ReservedConcurrentExecutions": reply.reserved}


def answer_done(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_account(
    parameters: Parameters, context: Context, reply: AccountShown, bodies: Bodies
) -> Answer:
    """Answer with limits and usage."""
    return {
        "AccountLimit": {
            "TotalCodeSize": ACCOUNT_CODE_BYTES_MAX,
            "CodeSizeUnzipped": UNZIPPED_BYTES_MAX,
            "CodeSizeZipped": ZIPPED_BYTES_MAX,
            "ConcurrentExecutions": reply.concurrency,
            "UnreservedConcurrentExecutions": reply.unreserved,
        },
        "AccountUsage": {"TotalCodeSize": reply.code_bytes, "FunctionCount": reply.functions},
    }


def answer_provisioned(
    parameters: Parameters, context: Context, reply: ProvisionedShown, bodies: Bodies
) -> Answer:
    """Answer with what is provisioned and how far it is."""
    return _provisioned(reply)


def answer_provisioned_list(
    parameters: Parameters, context: Context, reply: ProvisionedListed, bodies: Bodies
) -> Answer:
    """Answer with a page."""
    entries = [{"FunctionArn": entry.arn, **_provisioned(entry)} for entry in reply.entries]
    answer: Answer = {"ProvisionedConcurrencyConfigs": entries}
    if reply.more:
        answer["NextMarker"] = encode_marker(reply.entries[-1].arn.rpartition(":")[2])
    return answer


def _provisioned(entry: ProvisionedShown) -> Answer:
    answer: Answer = {
        "RequestedProvisionedConcurrentExecutions": entry.requested,
        "AvailableProvisionedConcurrentExecutions": entry.available,
        "AllocatedProvisionedConcurrentExecutions": entry.available,
        "Status": entry.status,
    }
    if entry.status == "FAILED":
        answer["StatusReason"] = "FUNCTION_ERROR_INIT_FAILURE"
    answer["LastModified"] = format_modified(entry.changed_at)
    return answer


OPERATIONS: dict[str, Operation] = {
    "PutFunctionConcurrency": Operation(put_concurrency, answer_concurrency),
    "GetFunctionConcurrency": Operation(get_concurrency, answer_concurrency),
    "DeleteFunctionConcurrency": Operation(delete_concurrency, answer_done),
    "GetAccountSettings": Operation(get_account, answer_account),
    "PutProvisionedConcurrencyConfig": Operation(put_provisioned, answer_provisioned),
    "GetProvisionedConcurrencyConfig": Operation(get_provisioned, answer_provisioned),
    "DeleteProvisionedConcurrencyConfig": Operation(delete_provisioned, answer_done),
    "ListProvisionedConcurrencyConfigs": Operation(list_provisioned, answer_provisioned_list),
}
