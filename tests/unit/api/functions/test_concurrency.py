"""Concurrency operations: parameters to commands, replies to answers."""

import pytest

from headrace.core.functions.outcomes import Ending
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN


@pytest.fixture
def desk():
    return Desk()


def test_reserved_concurrency_is_shown_with_the_function_even_if_0(desk):
    assert desk.ask("GetFunctionConcurrency") == {}
    assert "Concurrency" not in desk.ask("GetFunction")
    answer = desk.ask("PutFunctionConcurrency", ReservedConcurrentExecutions=0)
    assert answer == desk.ask("GetFunctionConcurrency") == {"ReservedConcurrentExecutions": 0}
    assert desk.ask("GetFunction")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert desk.ask("DeleteFunctionConcurrency") == {}
    assert desk.ask("GetFunctionConcurrency") == {}


def test_an_account_has_aws_limits(desk):
    assert desk.ask("GetAccountSettings") == {
        "AccountLimit": {
            "TotalCodeSize": 322_122_547_200,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": 1_000,
            "UnreservedConcurrentExecutions": 1_000,
        },
        "AccountUsage": {"TotalCodeSize": 276, "FunctionCount": 1},
    }


def test_provisioned_concurrency_is_told_with_its_status(desk):
    desk.ask("PublishVersion")
    target = {"Qualifier": "1"}
    answer = desk.ask(
        "PutProvisionedConcurrencyConfig", **target, ProvisionedConcurrentExecutions=1
    )
    assert answer == {
        "RequestedProvisionedConcurrentExecutions": 1,
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
        "LastModified": "2026-11-18T11:06:40.000+0000",
    }
    (id,) = desk.bench.room.fleet._roster.environments
    desk.bench.started(environment=id)
    answer = desk.ask("GetProvisionedConcurrencyConfig", **target)
    assert (answer["Status"], answer["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 1)
    listed = desk.ask("ListProvisionedConcurrencyConfigs")
    assert listed == {"ProvisionedConcurrencyConfigs": [{"FunctionArn": f"{ARN}:1", **answer}]}
    assert desk.ask("DeleteProvisionedConcurrencyConfig", **target) == {}
    assert desk.ask("ListProvisionedConcurrencyConfigs") == {"ProvisionedConcurrencyConfigs": []}


def test_a_failure_says_why(desk):
    """lambda.md L-A60."""
    desk.ask("PublishVersion")
    target = {"Qualifier": "1"}
    desk.ask("PutProvisionedConcurrencyConfig", **target, ProvisionedConcurrentExecutions=1)
    for _ in range(6):
        (id,) = desk.bench.room.fleet._roster.environments
        desk.bench.started(Ending.ERROR, environment=id, payload=b"{}")
    answer = desk.ask("GetProvisionedConcurrencyConfig", **target)
    assert (answer["Status"], answer["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
