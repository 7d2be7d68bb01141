"""boto3, a real server: S3, its bytes over a restart, and functions whose code lies there."""

import io
import json
import random
import sys
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import Running
from tests.acceptance.test_functions import ACCOUNT, REGION, ROLE, make_zip

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
SOURCE = "def handler(event, context):\n    return {value}\n"
BIG = random.Random(1).randbytes(17 * 1_024 * 1_024)


@pytest.fixture
def s3(server):
    client = server.client("s3", ACCOUNT)
    yield client
    client.close()


@pytest.fixture
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


def make_bucket(s3, name):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def test_what_was_uploaded_outlives_the_server(tmp_path):
    with Running(tmp_path) as running:
        s3 = running.client("s3")
        make_bucket(s3, "code")
        s3.put_object(Bucket="code", Key="a/small", Body=io.BytesIO(b"hello"), Metadata={"a": "b"})
        s3.put_object(Bucket="code", Key="gone", Body=b"gone")
        s3.delete_object(Bucket="code", Key="gone")
        s3.upload_fileobj(io.BytesIO(BIG), "code", "a/big")
        begun = s3.create_multipart_upload(Bucket="code", Key="half")
        place = {"Bucket": "code", "Key": "half", "UploadId": begun["UploadId"]}
        part = s3.upload_part(PartNumber=1, Body=b"half", **place)
        running.process.kill()
    with Running(tmp_path) as running:
        s3 = running.client("s3")
        found = s3.get_object(Bucket="code", Key="a/small")
        assert (found["Body"].read(), found["Metadata"]) == (b"hello", {"a": "b"})
        taken = io.BytesIO()
        s3.download_fileobj("code", "a/big", taken)
        assert taken.getvalue() == BIG
        named = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(MultipartUpload=named, **place)
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket="code", PaginationConfig={"PageSize": 1}
        )
        assert [one["Key"] for page in pages for one in page["Contents"]] == [
            "a/big",
            "a/small",
            "half",
        ]
        assert len(list((running.data / "blobs").iterdir())) == 5


def test_functions_and_layers_take_their_code_from_buckets(s3, functions):
    make_bucket(s3, "code-bucket")
    archives = [make_zip(SOURCE.format(value=value)) for value in (1, 2)]
    for number, content in enumerate(archives):
        s3.put_object(Bucket="code-bucket", Key=f"{number} f.zip", Body=content)
    code = {"S3Bucket": "code-bucket", "S3Key": "0 f.zip"}
    functions.create_function(
        FunctionName="stored", Role=ROLE, Runtime=RUNTIME, Handler="app.handler", Code=code
    )
    try:
        functions.get_waiter("function_active_v2").wait(FunctionName="stored")
        assert json.loads(functions.invoke(FunctionName="stored")["Payload"].read()) == 1
        location = functions.get_function(FunctionName="stored")["Code"]["Location"]
        with urllib.request.urlopen(location) as answer:
            assert answer.read() == archives[0]
        changed = {"S3Bucket": "code-bucket", "S3Key": "1 f.zip"}
        functions.update_function_code(FunctionName="stored", **changed)
        functions.get_waiter("function_updated_v2").wait(FunctionName="stored")
        assert json.loads(functions.invoke(FunctionName="stored")["Payload"].read()) == 2
    finally:
        functions.delete_function(FunctionName="stored")
    layer = functions.publish_layer_version(LayerName="stored", Content=code)
    assert layer["Content"]["CodeSize"] == len(archives[0])
    with pytest.raises(ClientError) as refusal:
        functions.publish_layer_version(LayerName="none", Content={**code, "S3Key": "none"})
    assert refusal.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: "
        "The specified key does not exist.",
    }


def test_a_server_takes_code_from_another(server, s3, tmp_path):
    make_bucket(s3, "elsewhere")
    s3.put_object(Bucket="elsewhere", Key="l.zip", Body=make_zip("x = 1\n"))
    variables = {
        "HEADRACE_CODE_S3_URL": server.endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    with Running(tmp_path, **variables) as running:
        client = running.client("lambda", ACCOUNT)
        content = {"S3Bucket": "elsewhere", "S3Key": "l.zip"}
        assert client.publish_layer_version(LayerName="l", Content=content)["Version"] == 1
        with pytest.raises(ClientError, match="NoSuchBucket"):
            client.publish_layer_version(LayerName="l", Content={**content, "S3Bucket": "nothing"})
        client.close()
