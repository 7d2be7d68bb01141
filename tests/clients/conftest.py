"""Clients that need other tools than Python: where they are, and how to run them."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from headrace.faces.demo.process import ServerProcess, free_port
from headrace.sandbox.languages.java import Java
from tests.clients import terraforms
from tests.clients.node_program import Program, node_programs
from tests.house.tree import ROOT

HERE = Path(__file__).parent
#: What tools/setup_clients.sh makes.
BUILT = ROOT / ".clients"

#: What a client would find in a user's shell, and what must not reach these tests.
FOREIGN = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NODE_OPTIONS")

#: The code of functions. Echoes its event; sends the bodies of SQS events on; raises what it is
#: told to.
APP = """
import os
import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    if "raise" in event:
        raise ValueError(event["raise"])
    for record in event.get("Records", ()):
        sqs.send_message(QueueUrl=os.environ["TARGET"], MessageBody=record["body"])
    return event
"""


def pytest_collection_modifyitems(config, items):
    """Mark every test of this folder `clients`; leave Terraform's out where there is none.

    It comes from no registry that this project installs from, so it is no hole in CI's proof
    where it is missing.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.clients)
    if not terraforms.is_here():
        left_out = [item for item in items if item.get_closest_marker("terraform")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def server(tmp_path):
    """A real server on a folder and a port of its own."""
    folder = tmp_path / "server"
    folder.mkdir()
    process = ServerProcess(folder, free_port())
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def node():
    """Return the path of Node, 20 or newer."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("no node on this machine")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").split(".")[0]) < 20:
        pytest.skip(f"node is {version.stdout.strip()}, and the SDK needs 20 or newer")
    return path


@pytest.fixture(scope="session")
def node_modules():
    """Return the folder of the npm packages that package-lock.json names."""
    folder = HERE / "node_modules"
    if not (folder / "@aws-sdk" / "client-sqs").is_dir():
        pytest.skip("the npm packages are not installed (`make test-clients` does that)")
    return folder


def built(path, tool):
    """Return a path below .clients/; skip where it is not there."""
    if not (BUILT / path).exists():
        missing = shutil.which(tool) is None
        pytest.skip(
            f"no {tool} on this machine" if missing else "not built (`make test-clients` does that)"
        )
    return BUILT / path


@pytest.fixture(scope="session")
def go_programs():
    """Return the folder of the programs of go/, built."""
    return built("go/queues", "go").parent


@pytest.fixture(scope="session")
def rust_program():
    """Return the path of the function of rust/, built."""
    return built("rust/handler", "cargo")


@pytest.fixture(scope="session")
def python_runtime_client():
    """Return the folder of AWS's runtime client for the Python in /usr."""
    return built("awslambdaric/awslambdaric", "/usr/bin/python3").parent


@pytest.fixture(scope="session")
def powertools():
    """Return the folders of Powertools by the first letters of the runtimes that they are for."""
    return {
        "python": built("powertools-python/aws_lambda_powertools", "python3").parent,
        "nodejs": built("powertools-node/node_modules/@aws-lambda-powertools", "node").parents[1],
    }


@pytest.fixture(scope="session")
def node_runtime_client():
    """Return the folder of AWS's runtime client for Node, compiled."""
    return built(
        "node-runtime-client/node_modules/aws-lambda-ric/rapid-client.node", "cmake"
    ).parents[2]


@pytest.fixture(scope="session")
def java_command():
    """Return the command that runs a class of java/, less the name of the class."""
    folder = built("java/classes/Queues.class", "mvn").parents[1]
    path = shutil.which("java")
    if path is None:
        pytest.skip("no java on this machine")
    # The smallest virtual machine that there is: each test pays for its start.
    settings = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"]
    return [path, *settings, "-cp", f"{folder / 'classes'}:{folder / 'lib' / '*'}"]


@pytest.fixture(scope="session")
def java_package():
    """Return the files of a package with all functions of java/functions; name to content."""
    folder = built("java-functions/classes/example/Orders.class", "mvn").parents[2]
    files = {
        str(path.relative_to(folder / "classes")): path.read_bytes()
        for path in (folder / "classes").rglob("*.class")
    }
    return files | {f"lib/{path.name}": path.read_bytes() for path in (folder / "lib").iterdir()}


@pytest.fixture(scope="session")
def java_runtimes():
    """Return the runtimes that Java serves here exactly, oldest first."""
    found = Java().find(os.environ)
    if not found:
        pytest.skip("no Java 17 or later on this machine")
    if found[0].missing:
        pytest.skip("no runtime client for Java (`make test-clients` fetches it)")
    return list(dict.fromkeys(one.runtime for one in found))


@pytest.fixture(scope="session")
def celery_python():
    """Return the path of the Python that has Celery."""
    return str(built("celery/bin/celery", sys.executable).parent / "python")


@pytest.fixture(scope="session")
def chalice_command():
    """Return the path of Chalice in its venv."""
    return str(built("chalice/bin/chalice", sys.executable))


@pytest.fixture(scope="session")
def deployers():
    """Return the venv that has Zappa and awslogs."""
    return built("deployers/bin/zappa", sys.executable).parents[1]


@pytest.fixture(scope="session")
def aws_cli():
    """Return the path of the AWS CLI in .venv; it is a locked development dependency."""
    path = Path(sys.executable).parent / "aws"
    if not path.is_file():
        pytest.skip("no AWS CLI beside this Python (`make setup` installs it)")
    return str(path)


@pytest.fixture(scope="session")
def client_environment(tmp_path_factory):
    """Return a function from a server's URL to the environment variables of a client."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}

    def environment(endpoint_url):
        return kept | {
            "HOME": str(home),
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }

    return environment


@pytest.fixture
def run_program(client_environment):
    """Return a function that runs a command against a server and returns what it printed.

    `run_program(["queues"], endpoint_url=...)`; anything but exit status 0 fails the test with
    all that the program printed.
    """

    def run(command, *, endpoint_url, timeout_s=50):
        ran = subprocess.run(
            [str(word) for word in command],
            cwd=HERE,
            env=client_environment(endpoint_url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


@pytest.fixture(scope="session")
def deployment_package(tmp_path_factory):
    """Return the path of a package that echoes, raises what it is told to, and sends bodies on."""
    path = tmp_path_factory.mktemp("package") / "app.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("app.py", APP)
    return path


@pytest.fixture
def run_node(node, node_modules, client_environment):
    """Return a function that runs a module of this folder, or a text, with Node.

    `run_node("orders.mjs", "argument", endpoint_url=...)` runs a file; text that is no file name
    is run as a module itself. Returns the completed process; anything but exit status 0 raises.
    """

    def run(program, *arguments, endpoint_url="http://127.0.0.1:9", timeout_s=50):
        is_file = program.endswith(".mjs")
        source = [program] if is_file else ["--input-type=module", "--eval", program]
        return subprocess.run(
            [node, *source, *arguments],
            cwd=HERE,
            env=client_environment(endpoint_url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        )

    return run


#: Every Node that is here, by its major version.
NODES = node_programs()


@pytest.fixture(params=sorted(NODES))
def node_version(request):
    """Every major version of Node on this machine."""
    return request.param


@pytest.fixture
def start(tmp_path, node_version):
    """Return a function that starts a package on the Node of this turn; all are ended."""
    started = []

    def start(files, **settings):
        if isinstance(files, str):
            files = {"index.js": files}
        folder = tmp_path / str(len(started))
        runtime = settings.pop("runtime", f"nodejs{node_version}.x")
        started.append(Program(NODES[node_version], folder, files, runtime=runtime, **settings))
        return started[-1]

    yield start
    for program in started:
        program.end()
