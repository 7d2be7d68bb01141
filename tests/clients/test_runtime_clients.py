"""Functions on AWS's own runtime clients, unmodified, through boto3 and a real server.

Each is a program of `provided.al2023`: Python's and Node's clients started by a script, and Rust's
crate compiled into the bootstrap. Go's stand in test_go_functions.py, Java's in
test_java_functions.py.
"""

import io
import json
import shutil
import zipfile

import boto3
import pytest

from tests.clients.node_program import node_programs

ROLE = "arn:aws:iam::123456789012:role/any"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"

PYTHON = """
import os, socket, time

print("loaded by", os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])

class Broken(Exception):
    pass

def handler(event, context):
    what = event.get("do")
    if what == "fail":
        raise Broken(event["text"])
    if what == "exit":
        os._exit(3)
    print("told", event["text"][:5])
    return {
        "text": event["text"],
        "requestId": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "hasTime": 0 < context.get_remaining_time_in_millis() <= 10_000,
        "interfaces": [name for _, name in socket.if_nameindex()],
    }
"""

NODE = """
const os = require("node:os");
console.log("loaded by", process.env.AWS_LAMBDA_INITIALIZATION_TYPE);
class Broken extends Error { constructor(text) { super(text); this.name = "Broken"; } }
exports.handler = async (event, context) => {
  if (event.do === "fail") throw new Broken(event.text);
  if (event.do === "exit") process.exit(3);
  console.log("told", event.text.slice(0, 5));
  const time = context.getRemainingTimeInMillis();
  return {
    text: event.text,
    requestId: context.awsRequestId,
    arn: context.invokedFunctionArn,
    hasTime: 0 < time && time <= 10000,
    interfaces: Object.keys(os.networkInterfaces()),
  };
};
"""


class Functions:
    """A client of a server, and a function at a time."""

    def __init__(self, server):
        self.client = boto3.client(
            "lambda",
            endpoint_url=server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="test",
        )

    def create(self, code, handler="app.handler", **variables):
        """Create the function and wait for it."""
        self.client.create_function(
            FunctionName="f",
            Role=ROLE,
            Runtime="provided.al2023",
            Handler=handler,
            Timeout=10,
            MemorySize=512,
            Code=code,
            Environment={"Variables": variables},
        )
        self.client.get_waiter("function_active_v2").wait(
            FunctionName="f", WaiterConfig={"Delay": 0.05}
        )

    def call(self, **event):
        """Invoke it; return its document, its kind of error and the request's id."""
        answer = self.client.invoke(FunctionName="f", Payload=json.dumps(event))
        document = json.loads(answer["Payload"].read())
        return document, answer.get("FunctionError"), answer["ResponseMetadata"]["RequestId"]

    def answers(self):
        """Look that it answers small and large events with what its context says."""
        for text in ("first", "x" * 1_000_000):
            document, error, id = self.call(text=text)
            assert error is None, document
            about = {"text": text, "requestId": id, "arn": ARN, "hasTime": True}
            assert {name: document[name] for name in about} == about
        return document

    def exits_and_comes_back(self):
        """Look that its death is told in AWS's words and that the next event finds another."""
        document, error, id = self.call(do="exit")
        assert (error, document) == (
            "Unhandled",
            {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {id} Error: Runtime exited with error: exit status 3",
            },
        )
        assert self.call(text="again")[0]["text"] == "again"


@pytest.fixture
def functions(server):
    """Functions of a real server; the one that was made is deleted."""
    functions = Functions(server)
    yield functions
    functions.client.delete_function(FunctionName="f")
    functions.client.close()


def packed(files, folder=None):
    """Return a package of files by name, and of all that lies in a folder; `bootstrap` runs."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.is_file():
                archive.write(path, path.relative_to(folder))
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if name == "bootstrap" else 0o100644) << 16
            archive.writestr(entry, content)
    return {"ZipFile": package.getvalue()}


def python_package(client, source=PYTHON):
    script = '#!/bin/sh\nexec /usr/bin/python3 -m awslambdaric "$_HANDLER"\n'
    return packed({"bootstrap": script, "app.py": source}, client)


@pytest.mark.parametrize("network", ["host", "none"])
def test_the_client_for_python(functions, python_runtime_client, network):
    """lambda.md 11, item 16."""
    functions.create(python_package(python_runtime_client), HEADRACE_NETWORK=network)
    interfaces = functions.answers()["interfaces"]
    assert (interfaces == ["lo"]) == (network == "none")
    document, error, id = functions.call(do="fail", text="no")
    assert (error, document["errorMessage"], document["errorType"]) == ("Unhandled", "no", "Broken")
    assert (document["requestId"], document["stackTrace"][0][:8]) == (id, '  File "')
    functions.exits_and_comes_back()
    tail = functions.client.invoke(FunctionName="f", Payload=b'{"text": "tail"}', LogType="Tail")
    assert "LogResult" in tail


def test_the_client_for_python_tells_why_it_cannot_begin(functions, python_runtime_client):
    functions.create(python_package(python_runtime_client, "import nothing_of_that_name\n"))
    document, error, _ = functions.call(text="x")
    assert error == "Unhandled"
    assert document["errorType"] == "Runtime.ImportModuleError"
    assert "Unable to import module 'app': No module named" in document["errorMessage"]


@pytest.fixture
def node_folder(node_runtime_client, tmp_path):
    """Return a function to put a program on AWS's client for Node into a folder, and its Code.

    A folder, because a package cannot be as large as a Node, and the machine's is too old.
    """
    newest = list(node_programs().values())[-1]
    folder = tmp_path / "code"
    shutil.copytree(node_runtime_client / "node_modules", folder / "node_modules")
    shutil.copy2(newest, folder / "node")
    script = '#!/bin/sh\nexec ./node node_modules/aws-lambda-ric/index.mjs "$_HANDLER"\n'
    (folder / "bootstrap").write_text(script)
    (folder / "bootstrap").chmod(0o755)

    def write(source):
        (folder / "app.js").write_text(source)
        return {"S3Bucket": "hot-reload", "S3Key": str(folder)}

    return write


@pytest.mark.parametrize("addon", [True, False], ids=["addon", "javascript"])
def test_the_client_for_node(functions, node_folder, addon):
    """lambda.md 11, item 16."""
    other = {} if addon else {"AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true"}
    network = "none" if addon else "host"
    functions.create(node_folder(NODE), HEADRACE_NETWORK=network, **other)
    interfaces = functions.answers()["interfaces"]
    assert (interfaces == ["lo"]) == (network == "none")
    document, error, _ = functions.call(do="fail", text="no")
    assert (error, document["errorMessage"], document["errorType"]) == ("Unhandled", "no", "Broken")
    functions.exits_and_comes_back()


def test_the_client_for_node_tells_why_it_cannot_begin(functions, node_folder):
    functions.create(node_folder("require('nothing-of-that-name');\n"))
    document, error, _ = functions.call(text="x")
    assert (error, document["errorType"]) == ("Unhandled", "Runtime.ImportModuleError")
    assert "Cannot find module 'nothing-of-that-name'" in document["errorMessage"]


def test_the_client_for_rust(functions, rust_program):
    """lambda.md 11, item 16, L-A96."""
    functions.create(packed({"bootstrap": rust_program.read_bytes()}))
    assert functions.answers()["memoryMb"] == 512
    document, error, _ = functions.call(do="fail", text="no")
    assert (error, document["errorMessage"]) == ("Unhandled", "no")
    document, error, _ = functions.call(do="panic", text="oh")
    assert (error, "oh" in document["errorMessage"]) == ("Unhandled", True)
    functions.exits_and_comes_back()
