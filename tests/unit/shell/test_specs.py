"""What the sandbox is told about an environment."""

import pytest

from headrace.core.functions.effects import StartEnvironment
from headrace.core.functions.settings import Logging
from headrace.ports.sandbox import Layer
from headrace.shell.specs import environment_spec, function_variables
from tests.unit.core.functions.bench import (
    ACCOUNT,
    NAME,
    REGION,
    deployment_with,
    settings_with,
)


def test_a_function_finds_this_server_and_its_own_account():
    deployment = deployment_with(settings=settings_with(variables={"KEY": "v"}))
    assert function_variables(deployment, "e", "http://127.0.0.1:1") == {
        "KEY": "v",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "e",
        "AWS_SESSION_TOKEN": "e",
    }


def test_a_runtime_is_told_to_log_in_json_and_from_which_level():
    logging = Logging("/g", "JSON", "WARN", "INFO")
    own = {"AWS_LAMBDA_LOG_LEVEL": "DEBUG"}
    deployment = deployment_with(settings=settings_with(logging=logging, variables=own))
    variables = function_variables(deployment, "e", "http://127.0.0.1:1")
    assert variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert variables["AWS_LAMBDA_LOG_LEVEL"] == "WARN"


def test_a_function_may_name_another_endpoint_but_no_other_credentials():
    own = {"AWS_ENDPOINT_URL": "http://elsewhere", "AWS_ACCESS_KEY_ID": "x"}
    deployment = deployment_with(settings=settings_with(variables=own))
    variables = function_variables(deployment, "e", "http://127.0.0.1:1")
    assert variables["AWS_ENDPOINT_URL"] == "http://elsewhere"
    assert variables["AWS_ACCESS_KEY_ID"] == ACCOUNT


def test_the_sandbox_is_told_everything():
    deployment = deployment_with(settings=settings_with(ephemeral_storage_mb=1_024))
    effect = StartEnvironment("e" * 32, deployment, "stream", 10_000)
    layers = [Layer("/first", "1a" * 32), Layer("/second", "2b" * 32)]
    spec = environment_spec(effect, "/zip", layers, "http://127.0.0.1:1")
    assert spec.layers == tuple(layers)
    assert (spec.environment_id, spec.runtime, spec.code_archive) == (
        "e" * 32,
        "python3.11",
        "/zip",
    )
    assert (spec.log_group, spec.log_stream) == (f"/aws/lambda/{NAME}", "stream")
    assert (spec.ephemeral_storage_mb, spec.init_limit_ms) == (1_024, 10_000)
    assert spec.function_version == "$LATEST"


@pytest.mark.parametrize(
    "variables, default, network",
    [
        (None, "host", "host"),
        ({}, "none", "none"),
        ({"HEADRACE_NETWORK": "none"}, "host", "none"),
        ({"HEADRACE_NETWORK": "host"}, "none", "host"),
    ],
)
def test_a_function_says_which_network_it_has_or_the_server_does(variables, default, network):
    deployment = deployment_with(settings=settings_with(variables=variables))
    effect = StartEnvironment("e" * 32, deployment, "stream", 10_000)
    spec = environment_spec(effect, "/zip", [], "http://127.0.0.1:1", network=default)
    assert spec.network == network
