"""Places and programs, as a function sees them."""

import msgspec

from headrace.sandbox.languages.language import (
    LAMBDA_PLACES,
    Interpreter,
    Launch,
    Places,
    managed_variables,
)
from tests.unit.sandbox.bench import spec_for

INTERPRETER = Interpreter("nodejs22.x", "/opt/node/bin/node", "/opt/node", "22.1.0")
REAL = Places("/t", "/r", "/opt/node", "/opt", "/scratch", "/programs")


def test_lambdas_paths_are_those_of_lambda():
    assert LAMBDA_PLACES.path == "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
    assert LAMBDA_PLACES.library_path == (
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:"
        "/opt/lib"
    )


def test_without_a_language_its_folder_is_in_no_path():
    places = msgspec.structs.replace(LAMBDA_PLACES, language="")
    assert places.path == "/usr/local/bin:/usr/bin/:/bin:/opt/bin"
    assert places.library_path.startswith("/lib64:")


def test_a_program_is_where_the_function_sees_it(tmp_path):
    spec = spec_for(tmp_path, "")
    assert Launch(spec, INTERPRETER, LAMBDA_PLACES, [], forks=True).program == "/var/lang/bin/node"
    real = Launch(spec, INTERPRETER, REAL, [], forks=True)
    assert real.program == "/opt/node/bin/node"
    assert REAL.library_path == "/opt/node/lib:/t:/t/lib:/opt/lib"
    assert managed_variables(real) == {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "PWD": "/t",
        "SHLVL": "0",
    }
