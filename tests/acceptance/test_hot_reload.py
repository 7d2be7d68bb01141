"""boto3, a real server, real functions: code in a folder that is edited meanwhile."""

import json
import sys

import pytest

from tests.acceptance.test_functions import ACCOUNT, ROLE

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_an_invoke_runs_what_the_folder_holds(server, tmp_path):
    functions = server.client("lambda", ACCOUNT)

    def invoke():
        return json.loads(functions.invoke(FunctionName="hot")["Payload"].read())

    source = tmp_path / "app.py"
    source.write_text(
        "calls = 0\ndef handler(event, context):\n"
        "    global calls\n    calls += 1\n    return ['first', calls]\n"
    )
    functions.create_function(
        FunctionName="hot",
        Role=ROLE,
        Runtime=RUNTIME,
        Handler="app.handler",
        Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path)},
        Timeout=20,
    )
    try:
        functions.get_waiter("function_active_v2").wait(FunctionName="hot")
        assert [invoke(), invoke()] == [["first", 1], ["first", 2]]
        source.write_text(source.read_text().replace("first", "second"))
        assert [invoke(), invoke()] == [["second", 1], ["second", 2]]
        source.write_text("def handler(event, context) return 1")
        assert invoke()["errorType"] == "Runtime.UserCodeSyntaxError"
        source.write_text("def handler(event, context): return 'mended'")
        assert invoke() == "mended"
    finally:
        functions.delete_function(FunctionName="hot")
        functions.close()
