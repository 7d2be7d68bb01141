"""boto3, a real server, real functions: versions, aliases, concurrency (spec/lambda.md 11)."""

import base64
import json
import os
import sys
import threading
import time

import pytest
from botocore.exceptions import ClientError

from headrace.sandbox.levels import find_posture
from tests.acceptance.test_functions import ACCOUNT, REGION, ROLE, make_zip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
SOURCE = """
import os, time

born = os.urandom(8).hex()

def handler(event, context):
    time.sleep(event.get("s", 0))
    return [NUMBER, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], context.invoked_function_arn,
            context.function_version, born]
"""


def archive(number):
    return make_zip(SOURCE.replace("NUMBER", str(number)))


@pytest.fixture(scope="module")
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


@pytest.fixture
def make(functions):
    """Create functions that are gone after the test."""
    names = []

    def create(name, **settings):
        names.append(name)
        values = {"Runtime": RUNTIME, "Timeout": 20} | settings
        answer = functions.create_function(
            FunctionName=name,
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": archive(1)},
            **values,
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        return answer

    yield create
    for name in names:
        functions.delete_function(FunctionName=name)


def result(functions, name, event=None, **parameters):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **parameters)
    payload = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    return payload, answer["ExecutedVersion"]


def code_of(call, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return refusal.value.response["Error"]["Code"]


def test_versions_are_immutable_and_never_numbered_again(functions, make):
    """lambda.md 10, row 27."""
    created = make("versions", Publish=True)
    assert (created["Version"], created["FunctionArn"]) == ("1", f"{ARN}versions")
    again = functions.publish_version(FunctionName="versions", Description="ignored")
    assert (again["Version"], again["FunctionArn"]) == ("1", f"{ARN}versions:1")
    updated = functions.update_function_code(
        FunctionName="versions", ZipFile=archive(2), Publish=True
    )
    assert (updated["Version"], updated["FunctionArn"]) == ("2", f"{ARN}versions:2")
    functions.get_waiter("published_version_active").wait(FunctionName="versions", Qualifier="2")
    assert result(functions, "versions")[0][0] == 2
    first, executed = result(functions, "versions", Qualifier="1")
    assert (first[0], first[2:4], executed) == (1, [f"{ARN}versions:1", "1"], "1")
    assert result(functions, f"{ARN}versions:2")[0][0] == 2
    listed = functions.list_versions_by_function(FunctionName="versions")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    assert listed[0]["FunctionArn"] == f"{ARN}versions:$LATEST"
    functions.delete_function(FunctionName="versions", Qualifier="2")
    functions.update_function_configuration(FunctionName="versions", MemorySize=256)
    functions.get_waiter("function_updated_v2").wait(FunctionName="versions")
    assert functions.publish_version(FunctionName="versions")["Version"] == "3"
    asked = {"FunctionName": "versions", "Qualifier": "2"}
    assert code_of(functions.get_function, **asked) == "ResourceNotFoundException"


def test_an_alias_splits_invokes_and_keeps_its_version(functions, make):
    """lambda.md 2.1 I9, 11, item 13."""
    make("aliases", Publish=True)
    functions.update_function_code(FunctionName="aliases", ZipFile=archive(2), Publish=True)
    made = functions.create_alias(
        FunctionName="aliases",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    assert made["AliasArn"] == f"{ARN}aliases:live"
    assert made["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}
    seen = {result(functions, "aliases:live")[1] for _ in range(40)}
    assert seen == {"1", "2"}
    assert result(functions, "aliases", Qualifier="live")[0][2] == f"{ARN}aliases:live"
    asked = {"FunctionName": "aliases", "Qualifier": "2"}
    assert code_of(functions.delete_function, **asked) == "ResourceConflictException"
    moved = functions.update_alias(
        FunctionName="aliases",
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {}},
    )
    assert "RoutingConfig" not in moved
    assert result(functions, "aliases:live")[1] == "2"
    functions.delete_alias(FunctionName="aliases", Name="live")
    assert functions.list_aliases(FunctionName="aliases")["Aliases"] == []


def test_reserved_concurrency_throttles_with_its_reason(functions, make):
    make("reserved")
    functions.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=1)
    shown = functions.get_function(FunctionName="reserved")["Concurrency"]
    assert shown == {"ReservedConcurrentExecutions": 1}
    assert functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 999
    other = threading.Thread(target=result, args=(functions, "reserved", {"s": 3}))
    other.start()
    time.sleep(1)
    with pytest.raises(ClientError) as refusal:
        functions.invoke(FunctionName="reserved", Payload=b"{}")
    other.join()
    response = refusal.value.response
    assert response["Error"]["Code"] == "TooManyRequestsException"
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    functions.delete_function_concurrency(FunctionName="reserved")
    assert "Concurrency" not in functions.get_function(FunctionName="reserved")
    result(functions, "reserved")


def wait_until_ready(functions, asked):
    for _ in range(100):
        got = functions.get_provisioned_concurrency_config(**asked)
        if got["Status"] == "READY":
            break
        time.sleep(0.1)
    assert got["AvailableProvisionedConcurrentExecutions"] == 1


def test_provisioned_environments_are_ready_before_the_first_invoke(functions, make):
    """lambda.md L-A60."""
    make("ahead", Publish=True)
    asked = {"FunctionName": "ahead", "Qualifier": "1"}
    put = functions.put_provisioned_concurrency_config(**asked, ProvisionedConcurrentExecutions=1)
    assert put["Status"] == "IN_PROGRESS"
    wait_until_ready(functions, asked)
    first = result(functions, "ahead:1")[0]
    assert first[1] == "provisioned-concurrency"
    assert result(functions, "ahead:1")[0] == first
    assert result(functions, "ahead")[0][1] == "on-demand"
    functions.delete_provisioned_concurrency_config(**asked)
    assert result(functions, "ahead:1")[0][1] == "on-demand"


def test_a_version_with_snap_start_is_pending_until_its_init_phase_is_over(functions, make):
    make("snap", Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
    published = functions.publish_version(FunctionName="snap")
    assert published["State"] == "Pending"
    assert published["SnapStart"] == {
        "ApplyOn": "PublishedVersions",
        "OptimizationStatus": "Off",
    }
    functions.get_waiter("published_version_active").wait(FunctionName="snap", Qualifier="1")
    shown = functions.get_function_configuration(FunctionName="snap", Qualifier="1")
    assert shown["SnapStart"]["OptimizationStatus"] == "On"
    assert result(functions, "snap:1")[0][1] == "snap-start"


FRAGILE = """
import os

calls = []

def handler(event, context):
    calls.append(1)
    if event:
        open("/tmp/kept", "a").write("x")
        os._exit(3)
    kept = os.path.exists("/tmp/kept") and os.path.getsize("/tmp/kept")
    return [len(calls), kept, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
            context.log_stream_name]
"""


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "snap-start"])
def test_after_a_crash_the_environment_is_the_same_with_its_files(functions, kind):
    """lambda.md 4.1, reset after a failed invoke."""
    snap = {"SnapStart": {"ApplyOn": "PublishedVersions"}} if kind == "snap-start" else {}
    functions.create_function(
        FunctionName="fragile",
        Role=ROLE,
        Handler="app.handler",
        Runtime="python3.12",
        Code={"ZipFile": make_zip(FRAGILE)},
        **snap,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="fragile")
    asked = {"FunctionName": "fragile", "Qualifier": "1"}
    functions.publish_version(FunctionName="fragile")
    waiter = functions.get_waiter("published_version_active")
    waiter.wait(**asked, WaiterConfig={"Delay": 1})
    if not snap:
        functions.put_provisioned_concurrency_config(**asked, ProvisionedConcurrentExecutions=1)
        wait_until_ready(functions, asked)
    first = result(functions, "fragile:1")[0]
    assert first[:3] == [1, False, kind]
    for turn in (1, 2):
        answer = functions.invoke(**asked, Payload=b'{"fail": 1}')
        assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ExitError"
        assert result(functions, "fragile:1")[0] == [1, turn, kind, first[3]]
    functions.delete_function(FunctionName="fragile")


def test_what_deploy_tools_read_of_every_function_is_there(functions, make):
    make("read")
    signing = functions.get_function_code_signing_config(FunctionName="read")
    assert set(signing) == {"ResponseMetadata"}
    recursion = functions.get_function_recursion_config(FunctionName="read")
    assert recursion["RecursiveLoop"] == "Terminate"
    runtime = functions.get_runtime_management_config(FunctionName="read")
    assert runtime["UpdateRuntimeOn"] == "Auto"


def test_tags_are_added_and_taken_away(functions, make):
    made = make("tagged", Tags={"a": "1"})
    functions.tag_resource(Resource=made["FunctionArn"], Tags={"b": "2"})
    assert functions.list_tags(Resource=made["FunctionArn"])["Tags"] == {"a": "1", "b": "2"}
    functions.untag_resource(Resource=made["FunctionArn"], TagKeys=["a", "b", "c"])
    assert functions.list_tags(Resource=made["FunctionArn"])["Tags"] == {}
    assert "Tags" not in functions.get_function(FunctionName="tagged")


def test_environments_with_snap_start_begin_behind_one_init_phase(functions, make, tmp_path):
    make("snap", SnapStart={"ApplyOn": "PublishedVersions"}, Runtime="python3.12")
    number = functions.publish_version(FunctionName="snap")["Version"]
    waiter = functions.get_waiter("published_version_active")
    waiter.wait(FunctionName="snap", Qualifier=number, WaiterConfig={"Delay": 1})
    settings = functions.get_function_configuration(FunctionName="snap", Qualifier=number)
    assert settings["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    together = threading.Barrier(2)
    answers, reports = [], []

    def call():
        together.wait()
        answer = functions.invoke(
            FunctionName="snap", Qualifier=number, LogType="Tail", Payload=b'{"s": 0.5}'
        )
        answers.append(json.loads(answer["Payload"].read()))
        reports.append(base64.b64decode(answer["LogResult"]).decode())

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer[1] for answer in answers] == ["snap-start"] * 2
    for report in reports:
        assert "Restore Duration: " in report
        assert "Billed Restore Duration: " in report
        assert "\tInit Duration: " not in report
    posture = find_posture(str(tmp_path), level=None, minimum="process", cgroups=False)
    if posture.namespaces and (posture.own_user or os.getuid()):
        # Both come from what was born once.
        assert answers[0][4] == answers[1][4]
    functions.delete_function(FunctionName="snap", Qualifier=number)
