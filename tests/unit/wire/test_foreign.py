"""What callers of services that are not served are told: botocore reads each refusal."""

import json

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.session import Session

from headrace.base.errors import ServiceError
from headrace.wire.answer import encode_error
from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import UnknownOperation
from headrace.wire.foreign import encode_cbor_error
from headrace.wire.route import decode, identify

NAMED = {"Name": "n"}
SMITHY = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}

#: (service, operation, parameters, code, what the text names)
CALLS = [
    ("dynamodb", "ListTables", {}, "UnknownOperationException", "DynamoDB_20120810.ListTables"),
    ("kinesis", "ListStreams", {}, "UnknownOperationException", "Kinesis_20131202.ListStreams"),
    ("events", "PutRule", NAMED, "UnknownOperationException", "AWSEvents.PutRule"),
    ("ecs", "ListClusters", {}, "UnknownOperationException", "ListClusters"),
    ("stepfunctions", "ListStateMachines", {}, "UnknownOperationException", "ListStateMachines"),
    ("logs", "DescribeMetricFilters", {}, "UnknownOperationException", "DescribeMetricFilters"),
    ("cloudwatch", "ListMetrics", {}, "UnknownOperationException", "ListMetrics"),
    ("sns", "ListTopics", {}, "InvalidAction", "ListTopics of the service sns"),
    (
        "sns",  # which SQS has too
        "AddPermission",
        {"TopicArn": "a", "Label": "l", "AWSAccountId": ["1"], "ActionName": ["a"]},
        "InvalidAction",
        "AddPermission of the service sns",
    ),
    ("cloudformation", "DescribeStacks", {}, "InvalidAction", "of the service cloudformation"),
    ("ec2", "DescribeInstances", {}, "InvalidAction", "DescribeInstances of the service ec2"),
    ("iam", "CreateUser", {"UserName": "u"}, "InvalidAction", "CreateUser"),
    (
        "apigateway",
        "GetRestApis",
        {},
        "UnknownOperationException",
        "GET /restapis of the service apigateway",
    ),
    ("apigatewayv2", "GetApis", {}, "UnknownOperationException", "GET /v2/apis of the service"),
    ("scheduler", "ListSchedules", {}, "UnknownOperationException", "of the service scheduler"),
    (
        "efs",  # whose paths look like Lambda's
        "DescribeFileSystems",
        {},
        "UnknownOperationException",
        "/2015-02-01/file-systems of the service elasticfilesystem",
    ),
    ("route53", "ListHostedZones", {}, "UnknownOperationException", "of the service route53"),
    ("cloudfront", "ListDistributions", {}, "UnknownOperationException", "cloudfront"),
    ("s3", "GetBucketAcl", {"Bucket": "b"}, "NotImplemented", "GET ?acl"),
    ("lambda", "ListCapacityProviders", {}, "UnknownOperationException", "ListCapacityProviders"),
]


@pytest.fixture(scope="module")
def session():
    return Session()


def asked(session, service, operation, parameters):
    """Return a client, and a request of its as a server reads it, signed."""
    client = session.create_client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:4566",
        config=Config(signature_version=UNSIGNED, parameter_validation=False),
    )
    model = client.meta.service_model.operation_model(operation)
    made = client._convert_to_request_dict(
        parameters, model, client.meta.endpoint_url, context={"client_region": "us-east-1"}
    )
    request = AWSRequest(
        method=made["method"],
        url=made["url"],
        data=made["body"],
        headers=made["headers"],
        params=made["query_string"],
    )
    name = client.meta.service_model.signing_name
    SigV4Auth(Credentials("123456789012", "any"), name, "us-east-1").add_auth(request)
    ready = request.prepare()
    headers = {key.lower(): _text(value) for key, value in ready.headers.items()}
    body = ready.body or b""
    target = ready.url.partition("127.0.0.1:4566")[2] or "/"
    whole = HttpRequest(ready.method, target, headers, body.encode() if body == str(body) else body)
    return client.meta.service_model, model, whole


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def refused(request):
    """Return how a request is refused, as bytes."""
    protocol = identify(request)
    try:
        call = decode(protocol, request)
    except ServiceError as refusal:
        return encode_error(protocol, refusal, "id")
    # What is in our tables but not served is refused by the shell, in its words.
    unknown = UnknownOperation(f"The operation {call.operation} is not served here.")
    return encode_error(protocol, unknown, "id", call.operation)


@pytest.mark.slow  # botocore loads a service's whole model
@pytest.mark.parametrize(("service", "operation", "parameters", "code", "named"), CALLS)
def test_a_client_reads_what_is_not_served(session, service, operation, parameters, code, named):
    service_model, model, request = asked(session, service, operation, parameters)
    response = refused(request)
    parser = create_parser(service_model.resolved_protocol)
    parsed = parser.parse(
        {
            "status_code": response.status,
            "headers": {name.lower(): value for name, value in response.headers},
            "body": response.body,
        },
        model.output_shape,
    )
    assert parsed["Error"]["Code"] == code
    assert named in parsed["Error"]["Message"]
    assert 400 <= response.status < 600


def test_calls_in_cbor_are_answered_in_cbor():
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    scope = "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/monitoring/aws4_request, S=1"
    request = HttpRequest("POST", path, SMITHY | {"authorization": scope}, b"\xa0")
    assert identify(request) == Protocol(Form.RPC_CBOR, "monitoring")
    response = refused(request)
    parsed = create_parser("smithy-rpc-v2-cbor").parse(
        {"status_code": response.status, "headers": dict(response.headers), "body": response.body},
        None,
    )
    assert parsed["Error"]["Code"] == "UnknownOperationException"
    assert parsed["Error"]["Message"] == (
        "The operation GraniteServiceVersion20100801.ListMetrics of the service monitoring is not "
        "served here."
    )


@pytest.mark.parametrize("length", [0, 23, 24, 255, 256, 65_535])
def test_texts_of_any_length_in_cbor(length):
    response = encode_cbor_error(UnknownOperation("é" * (length // 2) + "x" * (length % 2)), "id")
    headers = dict(response.headers)
    raw = {"status_code": response.status, "headers": headers, "body": response.body}
    parsed = create_parser("smithy-rpc-v2-cbor").parse(raw, None)
    assert len(parsed["Error"]["Message"].encode()) == length


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "protocol"),
    [
        ("GET", "/2015-03-31/functions", {}, b"", Protocol(Form.REST_JSON, "lambda")),
        (
            "POST",
            "/",
            {"content-type": "application/x-www-form-urlencoded"},
            b"Action=ListQueues&Version=2012-11-05",
            Protocol(Form.QUERY_XML, "sqs"),
        ),
        ("GET", "/?Action=ListQueues", {}, b"", Protocol(Form.QUERY_XML, "sqs")),
        ("GET", "/restapis", {}, b"", Protocol(Form.REST_JSON, "execute-api")),
    ],
)
def test_what_is_ours_is_served_whoever_it_was_signed_for(method, target, headers, body, protocol):
    scope = "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/execute-api/aws4_request, S=1"
    request = HttpRequest(method, target, headers | {"authorization": scope}, body)
    assert identify(request) == protocol


def test_a_json_refusal_is_in_the_form_of_its_protocol(session):
    _, _, request = asked(session, "apigateway", "GetRestApis", {})
    response = refused(request)
    assert response.status == 404
    assert ("x-amzn-ErrorType", "UnknownOperationException") in response.headers
    assert json.loads(response.body) == {
        "message": "The route GET /restapis of the service apigateway is not served here."
    }
