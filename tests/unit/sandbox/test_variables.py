"""Functions find Lambda's variables; what the spec brings stands over them."""

from headrace.sandbox.languages.language import (
    LAMBDA_PLACES,
    Interpreter,
    Language,
    Launch,
    Places,
)
from headrace.sandbox.languages.provided import Provided
from headrace.sandbox.languages.python import Python
from headrace.sandbox.variables import compose_variables
from tests.unit.sandbox.bench import spec_for

PYTHON = Interpreter("python3.11", "/usr/bin/python3.11", "/usr")


def composed(spec, places=LAMBDA_PLACES, language: Language | None = None, address=""):
    launch = Launch(spec, PYTHON, places, [], forks=True)
    return compose_variables(launch, language or Python(), address)


def test_the_variables_are_those_of_lambda(tmp_path):
    spec = spec_for(tmp_path, "", variables={"AWS_REGION": "eu-central-1", "TZ": "Europe/Berlin"})
    variables = composed(spec)
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
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD": "/var/task",
        "PYTHONPATH": "/var/runtime",
        "SHLVL": "0",
        "TZ": "Europe/Berlin",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "_HANDLER": "app.handler",
    }


def test_real_folders_take_the_place_of_lambdas(tmp_path):
    places = Places("/t", "/r", "/l", "/opt", "/scratch", "/r")
    variables = composed(spec_for(tmp_path, ""), places)
    assert variables["TMPDIR"] == variables["HOME"] == "/scratch"
    assert "PYTHONPATH" not in variables
    assert variables["LAMBDA_TASK_ROOT"] == variables["PWD"] == "/t"
    assert variables["PATH"].startswith("/l/bin:")


def test_the_address_of_the_runtime_api_is_not_the_functions_to_set(tmp_path):
    spec = spec_for(tmp_path, "", variables={"AWS_LAMBDA_RUNTIME_API": "elsewhere"})
    variables = composed(spec, language=Provided(), address="127.0.0.1:9001")
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9001"
    assert not {"PWD", "SHLVL", "AWS_EXECUTION_ENV"} & variables.keys()


def test_an_environment_from_a_template_is_not_told_its_stream(tmp_path):
    spec = spec_for(tmp_path, "", initialization_type="snap-start")
    names = composed(spec).keys()
    assert not {"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"} & names


def test_a_function_is_told_why_it_was_initialized(tmp_path):
    spec = spec_for(tmp_path, "", initialization_type="provisioned-concurrency")
    assert composed(spec)["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency"
