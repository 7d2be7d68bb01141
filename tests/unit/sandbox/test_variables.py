"""Functions find Lambda's variables; what the spec brings stands over them."""

import msgspec
import pytest

from headrace.sandbox.variables import (
    LAMBDA_PLACES,
    Places,
    compose_variables,
    needs_own_interpreter,
)
from tests.unit.sandbox.bench import spec_for


def test_the_variables_are_those_of_lambda(tmp_path):
    spec = spec_for(tmp_path, "", variables={"AWS_REGION": "eu-central-1", "TZ": "Europe/Berlin"})
    variables = compose_variables(spec, LAMBDA_PLACES)
    assert variables == {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_REGION": "eu-central-1",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD": "/var/task",
        "SHLVL": "0",
        "TZ": "Europe/Berlin",
        "_HANDLER": "app.handler",
    }


@pytest.mark.parametrize("runtime, expected", [("python3.11", False), ("python3.12", True)])
def test_the_character_type_is_set_from_python312_on(tmp_path, runtime, expected):
    variables = compose_variables(spec_for(tmp_path, "", runtime=runtime), LAMBDA_PLACES)
    assert (variables.get("LC_CTYPE") == "C.UTF-8") is expected


def test_real_folders_take_the_place_of_lambdas(tmp_path):
    places = Places("/t", "/r", "/l", "/opt", "/scratch", "/l/lib")
    variables = compose_variables(spec_for(tmp_path, ""), places)
    assert variables["TMPDIR"] == "/scratch"
    assert variables["LAMBDA_TASK_ROOT"] == variables["PWD"] == "/t"
    assert msgspec.structs.asdict(places)["language"] in variables["PATH"]


@pytest.mark.parametrize(
    "name, expected",
    [("PYTHONHASHSEED", True), ("MALLOC_ARENA_MAX", True), ("LD_PRELOAD", True), ("NAME", False)],
)
def test_variables_that_are_read_at_the_start_need_a_new_interpreter(name, expected):
    assert needs_own_interpreter({"A": "1", name: "2"}) is expected
