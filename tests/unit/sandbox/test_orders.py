"""Orders say what an environment may use, in the places where it will find it."""

import msgspec

from headrace.ports.sandbox import Layer
from headrace.sandbox import limits
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Places
from headrace.sandbox.languages.nodejs import NodeJs
from headrace.sandbox.languages.provided import Provided
from headrace.sandbox.languages.python import Python
from headrace.sandbox.levels import Posture
from headrace.sandbox.orders import compose_order
from headrace.sandbox.supplies import Supply
from tests.unit.sandbox.bench import make_archive, spec_for

INTERPRETER = Interpreter("python3.11", "/usr/bin/python3.11", "/usr", "3.11.2")
STRICT = Posture(
    level="strict", namespaces=True, user_namespace=False, fences=True, seccomp=True, landlock=7,
    own_user=True, groups=None,
)  # fmt: skip
REAL = Places("/box/task", "/r", "/usr", "/opt", "/box/scratch/e", "/r")


def order(tmp_path, supply, posture=STRICT, *, forks=True, **changes):
    return compose_order(
        spec_for(tmp_path, "", **changes), supply, posture, INTERPRETER, Python(),
        libraries=["/lib/one", "/lib/two"], forks=forks,
    )  # fmt: skip


def test_inside_namespaces_everything_is_where_lambda_has_it(tmp_path):
    told = order(tmp_path, Supply(None, 20_000, LAMBDA_PLACES, ""), memory_mb=128)
    assert told["paths"] == {
        "task": "/var/task",
        "layers": "/opt",
        "libraries": ["/var/runtime/lib/0", "/var/runtime/lib/1"],
        "own": ["/var/runtime", "/var/runtime/lib/0", "/var/runtime/lib/1"],
    }
    assert (told["readable"], told["writable"]) == (["/"], ["/tmp", "/dev", "/proc"])
    assert told["data_bytes_max"] == (128 + limits.DATA_SLACK_MB) * 1024 * 1024
    assert (told["user"], told["counts_apart"], told["entry_points"]) == (20_000, True, [])


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


def test_a_wrapper_is_told_where_the_language_obeys_one(tmp_path):
    supply = Supply(None, 0, LAMBDA_PLACES, "")
    told = order(tmp_path, supply, variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/w"})
    assert (told["wrapper"], told["entry_points"]) == ("/opt/w", ["/var/lang/bin/python3.11"])
    assert told["speaks_frames"]
    assert told["language"] == "/usr"


def test_a_package_with_its_own_program_gets_an_address_and_no_language(tmp_path):
    provided = Provided()
    told = compose_order(
        spec_for(tmp_path, "", variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/w"}),
        Supply(None, 0, LAMBDA_PLACES, ""), STRICT, provided.find({})[0], provided,
        libraries=[], forks=True, api_address="127.0.0.1:9001",
    )  # fmt: skip
    assert (told["language"], told["wrapper"], told["speaks_frames"]) == ("", "", False)
    assert told["entry_points"] == ["/var/task/bootstrap", "/opt/bootstrap"]
    assert told["variables"]["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9001"


def test_an_environment_is_told_whether_it_has_a_network(tmp_path):
    supply = Supply(None, 0, LAMBDA_PLACES, "")
    told = [order(tmp_path, supply)["network"], order(tmp_path, supply, network="none")["network"]]
    assert told == [True, False]


def test_who_may_have_extensions_is_to_hand_over_sockets_that_reach_them(tmp_path):
    supply = Supply(None, 0, LAMBDA_PLACES, "")
    layers = (Layer(*make_archive(tmp_path, {"x": "y"})),)
    told = [order(tmp_path, supply), order(tmp_path, supply, layers=layers)]
    assert [one["socket_count"] for one in told] == [0, limits.EXTENSIONS_MAX]


def test_what_an_interpreter_maps_idly_comes_on_top_of_the_data_limit(tmp_path):
    node = NodeJs()
    told = compose_order(
        spec_for(tmp_path, "", runtime="nodejs24.x", memory_mb=128),
        Supply(None, 0, LAMBDA_PLACES, ""), STRICT,
        Interpreter("nodejs24.x", "/usr/bin/node", "/usr", "24.1.0"), node,
        libraries=[], forks=True,
    )  # fmt: skip
    data_mb = 128 + limits.DATA_SLACK_MB + node.idle_data_mb
    assert told["data_bytes_max"] == data_mb * 1024 * 1024
