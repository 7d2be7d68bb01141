"""Orders say what an environment may use, in the places where it will find it."""

import msgspec

from headrace.sandbox.interpreters import Interpreter
from headrace.sandbox.levels import Posture
from headrace.sandbox.orders import compose_order
from headrace.sandbox.supplies import Supply
from headrace.sandbox.variables import LAMBDA_PLACES, Places
from tests.unit.sandbox.bench import spec_for

INTERPRETER = Interpreter("/usr/bin/python3.11", "/usr", 11, 2)
STRICT = Posture(
    level="strict", namespaces=True, user_namespace=False, fences=True, seccomp=True, landlock=7,
    own_user=True, groups=None,
)  # fmt: skip
REAL = Places("/box/task", "/r", "/usr", "/opt", "/box/scratch/e", "/l")


def order(tmp_path, supply, posture=STRICT, *, forks=True, **changes):
    return compose_order(
        spec_for(tmp_path, "", **changes), supply, posture, INTERPRETER,
        libraries=["/lib/one", "/lib/two"], forks=forks,
    )  # fmt: skip


def test_inside_namespaces_everything_is_where_lambda_has_it(tmp_path):
    told = order(tmp_path, Supply(None, 20_000, LAMBDA_PLACES, ""), memory_mb=128)
    assert told["paths"] == {
        "task": "/var/task",
        "layers": "/opt",
        "libraries": ["/var/runtime/lib/0", "/var/runtime/lib/1"],
    }
    assert (told["readable"], told["writable"]) == (["/"], ["/tmp", "/dev", "/proc"])
    assert told["data_bytes_max"] == 128 * 1024 * 1024
    assert (told["user"], told["counts_apart"], told["exec"]) == (20_000, True, False)


def test_without_namespaces_only_the_own_folders_are_open(tmp_path):
    posture = msgspec.structs.replace(STRICT, namespaces=False)
    told = order(tmp_path, Supply(None, 0, REAL, "/box/scratch/e"), posture)
    assert told["paths"]["libraries"] == ["/lib/one", "/lib/two"]
    assert told["writable"] == ["/box/scratch/e", "/dev/null"]
    assert "/box/task" in told["readable"]
    assert "/" not in told["readable"]
    assert not told["counts_apart"]


def test_a_control_group_makes_the_data_limit_needless(tmp_path):
    group = object()
    assert order(tmp_path, Supply(group, 0, LAMBDA_PLACES, ""))["data_bytes_max"] == 0


def test_a_new_interpreter_is_started_when_asked_for_or_needed(tmp_path):
    supply = Supply(None, 0, LAMBDA_PLACES, "")
    assert order(tmp_path, supply, forks=False)["exec"]
    assert order(tmp_path, supply, variables={"PYTHONHASHSEED": "0"})["exec"]
