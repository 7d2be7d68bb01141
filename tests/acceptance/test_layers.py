"""boto3, a real server, real functions: layers (spec/lambda.md 1.13, 13.10)."""

import hashlib
import io
import json
import sys
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.test_functions import ACCOUNT, REGION, ROLE, make_zip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
SOURCE = """
import os, shared

def handler(event, context):
    base = shared.__file__.partition("/python/")[0]
    with open(base + "/data") as file:
        return [shared.VALUE, file.read()]
"""


def archive(**files):
    """Return a zip: `__` stands for a slash, `_py` for the ending of a module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), content)
    return buffer.getvalue()


@pytest.fixture
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


def publish(functions, name, content, **members):
    return functions.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **members)


def create(functions, name, **members):
    functions.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime=RUNTIME,
        Handler="app.handler",
        Code={"ZipFile": make_zip(SOURCE)},
        Timeout=20,
        **members,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)


def invoke(functions, name):
    answer = functions.invoke(FunctionName=name)
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result


def test_functions_run_with_their_layers_also_after_these_are_deleted(functions):
    base = publish(functions, "base", archive(python__shared_py="VALUE = 1", data="base"))
    over = publish(functions, "over", archive(data="over"))
    layers = [base["LayerVersionArn"], over["LayerVersionArn"]]
    create(functions, "layered", Layers=layers)
    try:
        assert invoke(functions, "layered") == [1, "over"]
        functions.update_function_configuration(FunctionName="layered", Layers=layers[::-1])
        functions.get_waiter("function_updated_v2").wait(FunctionName="layered")
        for one in (base, over):
            name = one["LayerArn"].rpartition(":")[2]
            functions.delete_layer_version(LayerName=name, VersionNumber=one["Version"])
        assert invoke(functions, "layered") == [1, "base"]
        shown = functions.get_function_configuration(FunctionName="layered")
        assert [one["Arn"] for one in shown["Layers"]] == layers[::-1]
    finally:
        functions.delete_function(FunctionName="layered")


def test_the_content_of_a_version_is_what_was_published(functions):
    content = archive(data="x")
    shown = publish(functions, "kept", content, CompatibleRuntimes=["python3.12", "java8"])
    with urllib.request.urlopen(shown["Content"]["Location"]) as answer:
        assert answer.read() == content
    assert shown["Content"]["CodeSize"] == len(content)
    by_arn = functions.get_layer_version_by_arn(Arn=shown["LayerVersionArn"])
    with urllib.request.urlopen(by_arn["Content"]["Location"]) as answer:
        assert hashlib.sha256(answer.read()).digest() == hashlib.sha256(content).digest()
    pages = functions.get_paginator("list_layers").paginate(
        CompatibleRuntime="java8", PaginationConfig={"PageSize": 1}
    )
    assert [one["LayerName"] for page in pages for one in page["Layers"]] == ["kept"]


def test_another_account_uses_a_layer_when_it_may(server, functions):
    """lambda.md 10, row 40."""
    arn = publish(functions, "given", archive(python__shared_py="VALUE = 2", data="d"))[
        "LayerVersionArn"
    ]
    other = server.client("lambda", "444455556666")
    try:
        with pytest.raises(ClientError) as refusal:
            create(other, "borrower", Layers=[arn])
        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
        functions.add_layer_version_permission(
            LayerName="given",
            VersionNumber=1,
            StatementId="all",
            Action="lambda:GetLayerVersion",
            Principal="*",
        )
        create(other, "borrower", Layers=[arn])
        assert invoke(other, "borrower") == [2, "d"]
        other.delete_function(FunctionName="borrower")
    finally:
        other.close()


def test_a_layer_that_is_not_there_is_refused(functions):
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:none:1"
    with pytest.raises(ClientError) as refusal:
        create(functions, "orphan", Layers=[arn])
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert refusal.value.response["Error"]["Message"] == f"Layer version {arn} does not exist."
