"""Layers, folders and container images in REST-JSON: bytes written down, botocore as judge."""

import pytest

from headrace.wire.answer import encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import ValidationException
from headrace.wire.route import route
from tests.wire.judge import REQUEST_ID, exchange, lambda_client
from tests.wire.test_lambda import FUNCTIONS, Golden, without_streams

LAYERS = "/2018-10-31/layers"
ARN = "arn:aws:lambda:eu-west-1:000000000000:layer:l"
LISTED = {
    "LayerVersionArn": f"{ARN}:1",
    "Description": "",
    "CreatedDate": "2026-11-23T06:37:12.345+0000",
    "Version": 1,
    "CompatibleArchitectures": [],
    "CompatibleRuntimes": ["python3.12"],
}
LISTED_JSON = (
    b'"LayerVersionArn":"arn:aws:lambda:eu-west-1:000000000000:layer:l:1","Description":"",'
    b'"CreatedDate":"2026-11-23T06:37:12.345+0000","Version":1,"CompatibleArchitectures":[],'
    b'"CompatibleRuntimes":["python3.12"]}'
)
SHOWN = {
    "Content": {"Location": "http://x/y", "CodeSha256": "eA==", "CodeSize": 5},
    "LayerArn": ARN,
    **LISTED,
}
SHOWN_JSON = (
    b'{"Content":{"Location":"http://x/y","CodeSha256":"eA==","CodeSize":5},'
    b'"LayerArn":"arn:aws:lambda:eu-west-1:000000000000:layer:l",' + LISTED_JSON
)

GOLDENS = [
    Golden(
        "PublishLayerVersion",
        {
            "LayerName": "l",
            "Content": {"ZipFile": b"PK\x05\x06"},
            "CompatibleRuntimes": ["python3.12"],
            "LicenseInfo": "MIT",
        },
        "POST",
        f"{LAYERS}/l/versions",
        b'{"Content": {"ZipFile": "UEsFBg=="}, "CompatibleRuntimes": ["python3.12"], '
        b'"LicenseInfo": "MIT"}',
        SHOWN,
        201,
        SHOWN_JSON,
    ),
    Golden(
        "GetLayerVersion",
        {"LayerName": "l", "VersionNumber": 1},
        "GET",
        f"{LAYERS}/l/versions/1",
        b"",
        SHOWN,
        200,
        SHOWN_JSON,
    ),
    Golden(
        "GetLayerVersionByArn",
        {"Arn": f"{ARN}:1"},
        "GET",
        f"{LAYERS}?find=LayerVersion&"
        "Arn=arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Alayer%3Al%3A1",
        b"",
        SHOWN,
        200,
        SHOWN_JSON,
    ),
    Golden(
        "ListLayers",
        {"CompatibleRuntime": "python3.12", "Marker": "a=", "MaxItems": 2},
        "GET",
        f"{LAYERS}?CompatibleRuntime=python3.12&Marker=a%3D&MaxItems=2",
        b"",
        {
            "Layers": [{"LayerName": "l", "LayerArn": ARN, "LatestMatchingVersion": LISTED}],
            "NextMarker": "b",
        },
        200,
        b'{"Layers":[{"LayerName":"l","LayerArn":"arn:aws:lambda:eu-west-1:000000000000:layer:l",'
        b'"LatestMatchingVersion":{' + LISTED_JSON + b'}],"NextMarker":"b"}',
    ),
    Golden(
        "ListLayerVersions",
        {"LayerName": "l", "CompatibleArchitecture": "arm64"},
        "GET",
        f"{LAYERS}/l/versions?CompatibleArchitecture=arm64",
        b"",
        {"LayerVersions": [LISTED]},
        200,
        b'{"LayerVersions":[{' + LISTED_JSON + b"]}",
    ),
    Golden(
        "DeleteLayerVersion",
        {"LayerName": "l", "VersionNumber": 1},
        "DELETE",
        f"{LAYERS}/l/versions/1",
        b"",
        {},
        204,
        b"",
    ),
    Golden(
        "AddLayerVersionPermission",
        {
            "LayerName": "l",
            "VersionNumber": 1,
            "StatementId": "s",
            "Action": "lambda:GetLayerVersion",
            "Principal": "*",
            "RevisionId": "r",
        },
        "POST",
        f"{LAYERS}/l/versions/1/policy?RevisionId=r",
        b'{"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}',
        {"Statement": "{}", "RevisionId": "r2"},
        201,
        b'{"Statement":"{}","RevisionId":"r2"}',
    ),
    Golden(
        "GetLayerVersionPolicy",
        {"LayerName": "l", "VersionNumber": 1},
        "GET",
        f"{LAYERS}/l/versions/1/policy",
        b"",
        {"Policy": "{}", "RevisionId": "r"},
        200,
        b'{"Policy":"{}","RevisionId":"r"}',
    ),
    Golden(
        "RemoveLayerVersionPermission",
        {"LayerName": "l", "VersionNumber": 1, "StatementId": "s", "RevisionId": "r"},
        "DELETE",
        f"{LAYERS}/l/versions/1/policy/s?RevisionId=r",
        b"",
        {},
        204,
        b"",
    ),
]

IMAGE = {
    "FunctionName": "f",
    "PackageType": "Image",
    "ImageConfigResponse": {"ImageConfig": {"EntryPoint": ["/a"], "WorkingDirectory": "/w"}},
}
IMAGE_JSON = (
    b'{"FunctionName":"f","PackageType":"Image","ImageConfigResponse":{"ImageConfig":'
    b'{"EntryPoint":["/a"],"WorkingDirectory":"/w"}}}'
)
FROM_IMAGE = {"RepositoryType": "ECR", "ImageUri": "oci:/a:b", "ResolvedImageUri": "oci:/a@c"}
ROLE = "arn:aws:iam::000000000000:role/r"

GOLDENS += [
    Golden(
        "CreateFunction",
        {
            "FunctionName": "f",
            "Role": ROLE,
            "PackageType": "Image",
            "Code": {"ImageUri": "oci:/a:b"},
            "ImageConfig": {"EntryPoint": ["/a"], "WorkingDirectory": "/w"},
        },
        "POST",
        FUNCTIONS,
        b'{"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", '
        b'"PackageType": "Image", "Code": {"ImageUri": "oci:/a:b"}, '
        b'"ImageConfig": {"EntryPoint": ["/a"], "WorkingDirectory": "/w"}}',
        IMAGE,
        201,
        IMAGE_JSON,
    ),
    Golden(
        "GetFunction",
        {"FunctionName": "f"},
        "GET",
        f"{FUNCTIONS}/f",
        b"",
        {"Configuration": IMAGE, "Code": FROM_IMAGE},
        200,
        b'{"Configuration":' + IMAGE_JSON + b',"Code":{"RepositoryType":"ECR",'
        b'"ImageUri":"oci:/a:b","ResolvedImageUri":"oci:/a@c"}}',
    ),
    Golden(
        "UpdateFunctionCode",
        {"FunctionName": "f", "S3Bucket": "hot-reload", "S3Key": "/abs/folder"},
        "PUT",
        f"{FUNCTIONS}/f/code",
        b'{"S3Bucket": "hot-reload", "S3Key": "/abs/folder"}',
        {"FunctionName": "f", "CodeSize": 0},
        200,
        b'{"FunctionName":"f","CodeSize":0}',
    ),
]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.operation)
def test_requests_and_answers_are_these_bytes_and_botocore_understands_them(golden):
    call = route(HttpRequest(golden.method, golden.target, golden.headers, golden.body))
    assert (call.operation, call.parameters) == (golden.operation, golden.parameters)
    answer = encode_result(call, golden.result, REQUEST_ID)
    assert (answer.status, answer.body) == (golden.status, golden.answer)
    _, response = exchange(lambda_client(), golden.operation, golden.parameters, golden.result)
    assert without_streams(response) == golden.result
    request = lambda_client()[1].request
    assert (request.method, request.target) == (golden.method, golden.target)
    assert request.body == golden.body


def test_an_action_that_cannot_be_allowed_is_told_in_awss_words():
    body = b'{"StatementId":"s","Action":"*","Principal":"*"}'
    with pytest.raises(ValidationException) as refusal:
        route(HttpRequest("POST", f"{LAYERS}/l/versions/1/policy", {}, body))
    assert refusal.value.message == (
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: lambda:GetLayerVersion"
    )
