"""Function URLs of a real server: boto3 to make them, plain HTTP to call them (1.17, 13.11)."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from headrace.api.urls.answer import WITH_HEAD
from tests.acceptance.test_functions import ACCOUNT, REGION, ROLE, RUNTIME, make_zip
from tests.acceptance.test_programs import make_zip as make_program
from tests.unit.sandbox.programs import streaming_bootstrap

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

NAME = "urls"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
SOURCE = """
import base64, json

def handler(event, context):
    what = event["rawPath"]
    if what == "/raise":
        raise ValueError("no")
    if what == "/plain":
        return {"hello": "world"}
    if what == "/bytes":
        got = base64.b64decode(event["body"]) if event["isBase64Encoded"] else b"text"
        return {"statusCode": 200, "headers": {"content-type": "image/png"},
                "body": base64.b64encode(got[::-1]).decode(), "isBase64Encoded": True}
    return {"statusCode": "418", "headers": {"X-Mine": "1"}, "cookies": ["a=1", "b=2; Secure"],
            "body": json.dumps([event, context.aws_request_id, context.invoked_function_arn])}
"""
PUBLIC = {
    "StatementId": "public",
    "Action": "lambda:InvokeFunctionUrl",
    "Principal": "*",
    "FunctionUrlAuthType": "NONE",
}


@pytest.fixture(scope="module")
def functions(server):
    client = server.client("lambda", ACCOUNT)
    client.create_function(
        FunctionName=NAME,
        Runtime=RUNTIME,
        Role=ROLE,
        Handler="app.handler",
        Timeout=20,
        Code={"ZipFile": make_zip(SOURCE)},
        Publish=True,
    )
    client.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    client.get_waiter("function_active_v2").wait(FunctionName=NAME)
    yield client
    client.delete_function(FunctionName=NAME)
    client.close()


def call(url, method="GET", path="/", body=None, **headers):
    """Return status, headers and body; names of headers are written with "_" for "-"."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    given = {"Host": parts.netloc} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    connection.request(method, f"{parts.path.rstrip('/')}{path}", body, given)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def test_a_url_from_its_creation_to_its_end(functions):
    created = functions.create_function_url_config(FunctionName=NAME, AuthType="NONE")
    url = created["FunctionUrl"]
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (created["FunctionArn"], "InvokeMode" in created) == (ARN, False)
    host = urlsplit(url).netloc
    id = host.partition(".")[0]
    assert host.startswith(f"{id}.lambda-url.{REGION}.localhost:")
    with pytest.raises(functions.exceptions.ResourceConflictException):
        functions.create_function_url_config(FunctionName=NAME, AuthType="NONE")
    status, headers, body = call(url)
    assert (status, headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert json.loads(body)["Message"].startswith("Forbidden. For troubleshooting")
    functions.add_permission(FunctionName=NAME, **PUBLIC)

    status, headers, body = call(
        url,
        "POST",
        "/a%20b/c?x=1&x=2&y=",
        b'{"k": 1}',
        Content_Type="application/json",
        Cookie="p=q; r=s",
        X_Custom="Value",
    )
    event, request_id, arn = json.loads(body)
    assert (status, headers["X-Mine"], headers.get_all("Set-Cookie")) == (
        418,
        "1",
        ["a=1", "b=2; Secure"],
    )
    assert (headers["x-amzn-RequestId"], arn) == (request_id, ARN)
    assert headers["Content-Type"] == "application/json"
    assert (event["rawPath"], event["rawQueryString"]) == ("/a%20b/c", "x=1&x=2&y=")
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["p=q", "r=s"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"k": 1}', False)
    assert event["headers"]["x-custom"] == "Value"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    context = event["requestContext"]
    assert (context["accountId"], context["apiId"]) == ("anonymous", id)
    assert context["http"]["method"] == "POST"

    assert call(url, path="/plain")[2] == b'{"hello":"world"}'
    status, headers, body = call(url, "PUT", "/bytes", b"\x00\x01\xff", Content_Type="image/png")
    assert (status, headers["Content-Type"], body) == (200, "image/png", b"\xff\x01\x00")
    status, _, body = call(url, path="/raise")
    assert (status, body) == (502, b"Internal Server Error")

    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=0)
    status, headers, body = call(url)
    assert (status, headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")
    assert json.loads(body)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    functions.delete_function_concurrency(FunctionName=NAME)

    functions.delete_function_url_config(FunctionName=NAME)
    status, headers, body = call(url)
    assert (status, body) == (403, b'{"Message":null}')


def test_web_pages_of_other_sites_may_do_what_cors_says(functions):
    origin = "https://shop.example"
    cors = {"AllowOrigins": [origin], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "MaxAge": 9}
    made = functions.create_function_url_config(
        FunctionName=NAME, Qualifier="live", AuthType="NONE", Cors=cors
    )
    assert (made["FunctionArn"], made["Cors"]) == (f"{ARN}:live", cors)
    functions.add_permission(FunctionName=NAME, Qualifier="live", **PUBLIC)
    url = made["FunctionUrl"]
    asking = {"Origin": origin, "Access_Control_Request_Method": "GET"}
    status, headers, body = call(url, "OPTIONS", **asking, Access_Control_Request_Headers="x-a")
    assert (status, body) == (200, b"")
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Access-Control-Allow-Methods"] == "GET"
    assert headers["Access-Control-Allow-Headers"] == "x-a"
    assert headers["Access-Control-Max-Age"] == "9"
    status, headers, body = call(url, Origin=origin, Sec_Fetch_Site="cross-site")
    assert (status, headers["Access-Control-Allow-Origin"]) == (418, origin)
    assert json.loads(body)[2] == f"{ARN}:live"
    status, headers, _ = call(url, Origin="https://evil.example")
    assert (status, headers["Access-Control-Allow-Origin"]) == (418, None)
    # The rest of the server is still for no page.
    assert call(f"http://localhost:{urlsplit(url).port}", Origin=origin)[0] == 403
    functions.delete_alias(FunctionName=NAME, Name="live")
    assert call(url)[2] == b'{"Message":null}'


def test_a_url_for_callers_with_credentials_and_by_path(functions, server):
    made = functions.create_function_url_config(
        FunctionName=NAME, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM"
    )
    parts = urlsplit(made["FunctionUrl"])
    id = parts.netloc.partition(".")[0]
    by_path = f"http://127.0.0.1:{parts.port}/_headrace/url/{id}/"
    assert call(by_path)[0] == 403
    scope = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261128/{REGION}/lambda/aws4_request, x"
    status, headers, body = call(by_path, path="/x", Authorization=scope)
    assert status == 418
    assert headers["Content-Security-Policy"].startswith("sandbox")
    event = json.loads(body)[0]
    assert event["rawPath"] == "/x"
    assert event["requestContext"]["authorizer"]["iam"]["accountId"] == ACCOUNT
    (listed,) = functions.list_function_url_configs(FunctionName=NAME)["FunctionUrlConfigs"]
    assert (listed["InvokeMode"], listed["AuthType"]) == ("RESPONSE_STREAM", "AWS_IAM")
    functions.update_function_url_config(FunctionName=NAME, AuthType="NONE")
    functions.delete_function_url_config(FunctionName=NAME)


def test_a_stream_says_its_own_status(functions):
    """Pieces behind a head, as `awslambda.HttpResponseStream` writes them."""
    program = streaming_bootstrap()["bootstrap"]
    program = program.replace(
        "json.loads(answer.read())", 'json.loads(json.loads(answer.read())["body"])'
    )
    functions.create_function(
        FunctionName="streams",
        Role=ROLE,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Timeout=20,
        Code={"ZipFile": make_program({"bootstrap": program})},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="streams")
    url = functions.create_function_url_config(
        FunctionName="streams", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )["FunctionUrl"]
    functions.add_permission(FunctionName="streams", **PUBLIC)
    head = json.dumps({"statusCode": 201, "headers": {"X-Mine": "1"}}) + "\0" * 8
    event = {"type": WITH_HEAD, "pieces": [head, "one ", "two"]}
    given = {"Content_Type": "application/json"}
    status, headers, body = call(url, "POST", "/", json.dumps(event).encode(), **given)
    assert (status, headers["X-Mine"], body) == (201, "1", b"one two")
    assert headers["Transfer-Encoding"] == "chunked"
    event = {"type": "text/plain", "pieces": ["x"], "size": 1_000_000, "times": 8}
    status, headers, body = call(url, "POST", "/", json.dumps(event).encode(), **given)
    assert (status, headers["Content-Type"], len(body)) == (200, "text/plain", 8_000_000)
    functions.delete_function(FunctionName="streams")
