"""Node is found where its managers put it, and started as AWS starts it."""

import json

import pytest

from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Launch
from headrace.sandbox.languages.nodejs import NodeJs, ask_interpreters, candidate_paths, major_of
from tests.unit.sandbox.bench import spec_for


def program(path, output):
    """Make a program that says what it is told to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\n")
    path.chmod(0o755)
    return str(path)


def answer(path, version="22.1.0", name="node"):
    """What a Node says of itself."""
    return json.dumps({"name": name, "path": str(path), "version": version})


def launch(folder, *, runtime="nodejs22.x", version="22.12.0", prefix="/usr", **changes):
    """A start of a function."""
    return Launch(
        spec_for(folder, "", runtime=runtime, **changes),
        Interpreter(runtime, f"{prefix}/bin/node", prefix, version),
        LAMBDA_PLACES,
        [],
        forks=True,
    )


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"PATH": "{}/own"}, "own"),
        ({"HOME": "{}"}, ".nvm/versions/node/v22.1.0/bin"),
        ({"HOME": "/no", "NVM_DIR": "{}"}, "versions/node/v22.1.0/bin"),
        ({"HOME": "{}"}, ".local/share/fnm/node-versions/v22.1.0/installation/bin"),
        ({"HOME": "{}"}, ".volta/tools/image/node/22.1.0/bin"),
        ({"HOME": "{}"}, ".nodenv/versions/22.1.0/bin"),
        ({"N_PREFIX": "{}"}, "n/versions/node/22.1.0/bin"),
        ({"HOME": "{}"}, ".asdf/installs/nodejs/22.1.0/bin"),
        ({"XDG_DATA_HOME": "{}"}, "mise/installs/node/22.1.0/bin"),
    ],
)
def test_each_managers_folder_is_looked_into(tmp_path, variables, place):
    path = program(tmp_path / place / "node", "")
    variables = {name: value.format(tmp_path) for name, value in variables.items()}
    assert path in candidate_paths(variables)


def test_shims_are_passed_over_and_links_asked_once(tmp_path):
    program(tmp_path / "shims" / "node", "")
    path = program(tmp_path / "bin" / "node", "")
    (tmp_path / "bin" / "nodejs").symlink_to("node")
    found = candidate_paths({"PATH": f"{tmp_path}/shims:{tmp_path}/bin:relative"})
    assert [one for one in found if str(tmp_path) in one] == [path]


@pytest.mark.slow
def test_only_what_says_that_it_is_node_counts_the_newest_last(tmp_path):
    def node(folder, **told):
        path = tmp_path / folder / "bin" / "node"
        return program(path, answer(path, **told))

    paths = [
        node("new", version="22.10.0"),
        node("old", version="22.9.0"),
        node("ancient", version="16.20.2"),
        node("nightly", version="24.0.0-nightly"),
        node("other", name="bun"),
        program(tmp_path / "silent" / "bin" / "node", ""),
        program(tmp_path / "shim", answer(tmp_path / "old" / "bin" / "node", version="22.9.0")),
        program(tmp_path / "loose" / "node", answer(tmp_path / "loose" / "node")),
    ]
    assert [(one.runtime, one.version, one.prefix) for one in ask_interpreters(paths)] == [
        ("nodejs22.x", "22.9.0", str(tmp_path / "old")),
        ("nodejs22.x", "22.10.0", str(tmp_path / "new")),
    ]


def test_it_is_started_as_on_aws(tmp_path):
    node, start = NodeJs(), launch(tmp_path, memory_mb=1000)
    assert node.entry_points(start) == ["/var/lang/bin/node"]
    assert node.arguments(start) == [
        "--expose-gc",
        "--max-http-header-size=81920",
        "--max-semi-space-size=50",
        "--max-old-space-size=900",
        "--no-experimental-require-module",
        "--no-experimental-detect-module",
        "/var/runtime/programs/node/runtime.cjs",
        "900",
    ]


@pytest.mark.parametrize(
    ("runtime", "version", "switched_off"),
    [
        ("nodejs18.x", "18.20.8", False),  # It has no such options.
        ("nodejs20.x", "20.18.0", False),
        ("nodejs20.x", "20.19.0", True),
        ("nodejs22.x", "24.1.0", True),
        ("nodejs24.x", "24.1.0", False),
        ("nodejs24.x", "22.12.0", False),
    ],
)
def test_what_aws_switches_off_is_off(tmp_path, runtime, version, switched_off):
    arguments = NodeJs().arguments(launch(tmp_path, runtime=runtime, version=version))
    assert ("--no-experimental-require-module" in arguments) is switched_off


def test_what_a_function_sets_itself_is_left_to_it(tmp_path):
    options = "--max_old_space_size=100 --experimental-require-module"
    arguments = NodeJs().arguments(launch(tmp_path, variables={"NODE_OPTIONS": options}))
    assert not [one for one in arguments if "old-space" in one or "require-module" in one]
    assert "--expose-gc" in arguments


def test_modules_are_looked_for_where_aws_does(tmp_path):
    start = launch(tmp_path, runtime="nodejs22.x", prefix=str(tmp_path))
    aws = (
        "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:"
        "/var/runtime:/var/task"
    )
    assert NodeJs().variables(start)["NODE_PATH"] == aws
    (tmp_path / "lib/node_modules/npm").mkdir(parents=True)
    assert NodeJs().variables(start)["NODE_PATH"] == aws
    (tmp_path / "lib/node_modules/@aws-sdk").mkdir()
    assert NodeJs().variables(start)["NODE_PATH"] == f"{aws}:/var/lang/lib/node_modules"


def test_a_runtime_of_another_language_has_no_version_of_node():
    assert [major_of(one) for one in ("nodejs22.x", "python3.12", "nodejs")] == [22, 0, 0]
