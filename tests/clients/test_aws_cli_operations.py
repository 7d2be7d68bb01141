"""Every operation that is served, typed into the AWS CLI once: it understands each answer."""

import json
import time
import zipfile

import pytest
from botocore import xform_name

from headrace.api.access.sessions import OPERATIONS as STS
from headrace.api.access.table import OPERATIONS as IAM
from headrace.api.functions.table import OPERATIONS as LAMBDA
from headrace.api.logs.table import OPERATIONS as LOGS
from headrace.api.objects.table import OPERATIONS as S3
from headrace.api.sqs.table import OPERATIONS as SQS
from tests.acceptance.running import REGION, environment
from tests.clients.awscli_process import AwsCli
from tests.unit.core.access.bench import ALLOW, BASIC, TRUST

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ROLE = "arn:aws:iam::000000000000:role/any"
NAME = ("--function-name", "f")
#: Operations that the CLI does not have: those of 2026 are too new for it, streams too lively.
NOT_TYPED = {
    "put-resource-policy",
    "get-resource-policy",
    "delete-resource-policy",
    "invoke-with-response-stream",
}
LAYER = ("--layer-name", "l", "--version-number", "1")


@pytest.fixture
def aws(server, tmp_path):
    """Return the CLI, which notes the words that it was given."""
    cli = AwsCli(
        environment(
            HOME=str(tmp_path),
            AWS_DEFAULT_REGION=REGION,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_EC2_METADATA_DISABLED="true",
            AWS_PAGER="",
        )
    )
    typed = set()

    def run(service, operation, *words, **more):
        typed.add(operation)
        return cli("--endpoint-url", server.endpoint, service, operation, *words, **more)

    run.typed = typed
    yield run
    cli.close()


def words_of(*tables):
    """Return how the CLI calls the operations of these tables."""
    return {xform_name(name, "-") for table in tables for name in table}


@pytest.fixture
def archive(tmp_path):
    """A deployment package, as the CLI takes it."""
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("main.py", "def handle(event, context):\n    return event\n")
    return f"fileb://{path}"


def test_lambda(aws, archive, tmp_path):
    def call(operation, *words, **more):
        return aws("lambda", operation, *words, **more)

    made = call(
        "create-function", *NAME, "--runtime", "python3.11", "--role", ROLE,
        "--handler", "main.handle", "--zip-file", archive,
    )  # fmt: skip
    arn = made["FunctionArn"]
    call("update-function-code", *NAME, "--zip-file", archive)
    call("update-function-configuration", *NAME, "--timeout", "5")
    aws("lambda", "wait", "function-updated-v2", *NAME)
    assert call("get-function", *NAME)["Configuration"]["Timeout"] == 5
    assert call("get-function-configuration", *NAME)["CodeSha256"] == made["CodeSha256"]
    assert "f" in [one["FunctionName"] for one in call("list-functions")["Functions"]]
    assert call("get-account-settings")["AccountLimit"]["ConcurrentExecutions"] > 0
    check_invokes(call, tmp_path)
    check_versions(call)
    check_concurrency(call)
    check_policies(call)
    check_layers(call, archive)
    check_events(call)
    check_urls(call)
    check_mappings(aws, call)
    check_settings(call, arn)
    call("delete-function", *NAME)
    assert aws.typed - {"wait", "create-queue", "delete-queue"} == words_of(LAMBDA) - NOT_TYPED


def check_invokes(call, tmp_path):
    out = tmp_path / "out.json"
    assert call("invoke", *NAME, "--payload", '{"a": 1}', str(out))["StatusCode"] == 200
    assert json.loads(out.read_text()) == {"a": 1}
    args = tmp_path / "args.json"
    args.write_text("{}")
    assert call("invoke-async", *NAME, "--invoke-args", str(args))["Status"] == 202


def check_versions(call):
    assert call("publish-version", *NAME)["Version"] == "1"
    listed = call("list-versions-by-function", *NAME)["Versions"]
    assert [one["Version"] for one in listed] == ["$LATEST", "1"]
    alias = (*NAME, "--name", "live")
    call("create-alias", *alias, "--function-version", "1")
    call("update-alias", *alias, "--description", "d")
    assert call("get-alias", *alias)["Description"] == "d"
    assert len(call("list-aliases", *NAME)["Aliases"]) == 1


def check_concurrency(call):
    call("put-function-concurrency", *NAME, "--reserved-concurrent-executions", "3")
    assert call("get-function-concurrency", *NAME)["ReservedConcurrentExecutions"] == 3
    ahead = (*NAME, "--qualifier", "live")
    call("put-provisioned-concurrency-config", *ahead, "--provisioned-concurrent-executions", "1")
    shown = call("get-provisioned-concurrency-config", *ahead)
    assert shown["RequestedProvisionedConcurrentExecutions"] == 1
    listed = call("list-provisioned-concurrency-configs", *NAME)
    assert len(listed["ProvisionedConcurrencyConfigs"]) == 1
    call("delete-provisioned-concurrency-config", *ahead)
    call("delete-function-concurrency", *NAME)
    call("delete-alias", *NAME, "--name", "live")


def check_policies(call):
    call(
        "add-permission", *NAME, "--statement-id", "s", "--action", "lambda:InvokeFunction",
        "--principal", "s3.amazonaws.com",
    )  # fmt: skip
    policy = json.loads(call("get-policy", *NAME)["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["s"]
    call("remove-permission", *NAME, "--statement-id", "s")


def check_layers(call, archive):
    made = call("publish-layer-version", "--layer-name", "l", "--zip-file", archive)
    assert call("get-layer-version", *LAYER)["Version"] == 1
    by_arn = call("get-layer-version-by-arn", "--arn", made["LayerVersionArn"])
    assert by_arn["LayerVersionArn"] == made["LayerVersionArn"]
    assert "l" in [one["LayerName"] for one in call("list-layers")["Layers"]]
    assert len(call("list-layer-versions", "--layer-name", "l")["LayerVersions"]) == 1
    call(
        "add-layer-version-permission", *LAYER, "--statement-id", "s",
        "--action", "lambda:GetLayerVersion", "--principal", "*",
    )  # fmt: skip
    assert json.loads(call("get-layer-version-policy", *LAYER)["Policy"])["Statement"]
    call("remove-layer-version-permission", *LAYER, "--statement-id", "s")
    call("delete-layer-version", *LAYER)


def check_events(call):
    call("put-function-event-invoke-config", *NAME, "--maximum-retry-attempts", "0")
    call("update-function-event-invoke-config", *NAME, "--maximum-event-age-in-seconds", "60")
    shown = call("get-function-event-invoke-config", *NAME)
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, 60)
    listed = call("list-function-event-invoke-configs", *NAME)
    assert len(listed["FunctionEventInvokeConfigs"]) == 1
    call("delete-function-event-invoke-config", *NAME)


def check_urls(call):
    made = call("create-function-url-config", *NAME, "--auth-type", "NONE")
    assert made["FunctionUrl"].startswith("http")
    call("update-function-url-config", *NAME, "--auth-type", "AWS_IAM")
    assert call("get-function-url-config", *NAME)["AuthType"] == "AWS_IAM"
    assert len(call("list-function-url-configs", *NAME)["FunctionUrlConfigs"]) == 1
    call("delete-function-url-config", *NAME)


def check_mappings(aws, call):
    url = aws("sqs", "create-queue", "--queue-name", "source")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:000000000000:source"
    made = call("create-event-source-mapping", *NAME, "--event-source-arn", queue)
    uuid = ("--uuid", made["UUID"])
    assert call("get-event-source-mapping", *uuid)["EventSourceArn"] == queue
    assert len(call("list-event-source-mappings", *NAME)["EventSourceMappings"]) == 1
    wait_until_enabled(call, uuid)
    call("update-event-source-mapping", *uuid, "--batch-size", "2")
    wait_until_enabled(call, uuid)
    assert call("delete-event-source-mapping", *uuid)["State"] == "Deleting"
    aws("sqs", "delete-queue", "--queue-url", url)


def wait_until_enabled(call, uuid):
    deadline = time.monotonic() + 20
    while call("get-event-source-mapping", *uuid)["State"] != "Enabled":
        assert time.monotonic() < deadline


def check_settings(call, arn):
    call("tag-resource", "--resource", arn, "--tags", "a=1")
    call("untag-resource", "--resource", arn, "--tag-keys", "b")
    assert call("list-tags", "--resource", arn)["Tags"] == {"a": "1"}
    assert "CodeSigningConfigArn" not in (call("get-function-code-signing-config", *NAME) or {})
    assert call("get-runtime-management-config", *NAME)["UpdateRuntimeOn"] == "Auto"
    assert call("list-code-signing-configs")["CodeSigningConfigs"] == []
    assert call("list-durable-executions-by-function", *NAME)["DurableExecutions"] == []
    call("put-runtime-management-config", *NAME, "--update-runtime-on", "Auto")
    call("put-function-recursion-config", *NAME, "--recursive-loop", "Allow")
    assert call("get-function-recursion-config", *NAME)["RecursiveLoop"] == "Allow"


def test_sqs(aws):
    def call(operation, *words):
        return aws("sqs", operation, *words)

    def arn_of(name):
        return f"arn:aws:sqs:{REGION}:000000000000:{name}"

    call("create-queue", "--queue-name", "dead")
    redrive = json.dumps({"deadLetterTargetArn": arn_of("dead"), "maxReceiveCount": 1})
    attributes = json.dumps({"RedrivePolicy": redrive})
    made = call("create-queue", "--queue-name", "cli", "--attributes", attributes)
    url = ("--queue-url", made["QueueUrl"])
    dead = ("--queue-url", call("get-queue-url", "--queue-name", "dead")["QueueUrl"])
    assert url[1] in call("list-queues", "--queue-name-prefix", "cli")["QueueUrls"]
    assert call("list-dead-letter-source-queues", *dead)["queueUrls"] == [url[1]]
    call("set-queue-attributes", *url, "--attributes", "VisibilityTimeout=40")
    shown = call("get-queue-attributes", *url, "--attribute-names", "All")["Attributes"]
    assert shown["VisibilityTimeout"] == "40"
    call("tag-queue", *url, "--tags", "a=1,b=2")
    call("untag-queue", *url, "--tag-keys", "b")
    assert call("list-queue-tags", *url)["Tags"] == {"a": "1"}
    call(
        "add-permission", *url, "--label", "l", "--aws-account-ids", "111122223333",
        "--actions", "SendMessage",
    )  # fmt: skip
    call("remove-permission", *url, "--label", "l")
    check_messages(call, url)
    task = call("start-message-move-task", "--source-arn", arn_of("dead"),
                "--max-number-of-messages-per-second", "1")["TaskHandle"]  # fmt: skip
    assert call("list-message-move-tasks", "--source-arn", arn_of("dead"))["Results"]
    call("cancel-message-move-task", "--task-handle", task)
    call("purge-queue", *url)
    for each in (url, dead):
        call("delete-queue", *each)
    assert aws.typed == words_of(SQS)


def check_messages(call, url):
    assert call("send-message", *url, "--message-body", "one")["MessageId"]
    entries = json.dumps([{"Id": "a", "MessageBody": "two"}, {"Id": "b", "MessageBody": "three"}])
    assert len(call("send-message-batch", *url, "--entries", entries)["Successful"]) == 2
    found = call("receive-message", *url, "--max-number-of-messages", "10")["Messages"]
    assert sorted(one["Body"] for one in found) == ["one", "three", "two"]
    first, *others = (one["ReceiptHandle"] for one in found)
    call("change-message-visibility", *url, "--receipt-handle", first, "--visibility-timeout", "60")
    entries = json.dumps(
        [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for number, handle in enumerate(others)
        ]
    )
    call("change-message-visibility-batch", *url, "--entries", entries)
    assert "Messages" not in (call("receive-message", *url) or {}), "they are dead letters now"
    call("delete-message", *url, "--receipt-handle", first)
    entries = json.dumps([{"Id": "a", "ReceiptHandle": first}])
    call("delete-message-batch", *url, "--entries", entries)


def test_iam_and_sts(aws):
    def call(operation, *words):
        return aws("iam", operation, *words)

    role = ("--role-name", "r")
    call("create-role", *role, "--assume-role-policy-document", TRUST)
    assert call("get-role", *role)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert [one["RoleName"] for one in call("list-roles")["Roles"]] == ["r"]
    call("update-role", *role, "--description", "d")
    call("update-role-description", *role, "--description", "e")
    call("update-assume-role-policy", *role, "--policy-document", TRUST)
    call("tag-role", *role, "--tags", "Key=a,Value=1")
    assert call("list-role-tags", *role)["Tags"] == [{"Key": "a", "Value": "1"}]
    call("untag-role", *role, "--tag-keys", "a")
    call("put-role-permissions-boundary", *role, "--permissions-boundary", BASIC)
    call("delete-role-permissions-boundary", *role)
    inline = (*role, "--policy-name", "p")
    call("put-role-policy", *inline, "--policy-document", ALLOW)
    assert call("get-role-policy", *inline)["PolicyDocument"] == json.loads(ALLOW)
    assert call("list-role-policies", *role)["PolicyNames"] == ["p"]
    call("delete-role-policy", *inline)
    call("attach-role-policy", *role, "--policy-arn", BASIC)
    assert call("list-attached-role-policies", *role)["AttachedPolicies"]
    call("detach-role-policy", *role, "--policy-arn", BASIC)
    assert call("list-instance-profiles-for-role", *role)["InstanceProfiles"] == []
    check_managed_policies(call)
    call("delete-role", *role)
    check_sessions(aws)
    assert aws.typed == words_of(IAM, STS)


def check_managed_policies(call):
    made = call("create-policy", "--policy-name", "p", "--policy-document", ALLOW)["Policy"]
    policy = ("--policy-arn", made["Arn"])
    assert call("get-policy", *policy)["Policy"]["PolicyId"] == made["PolicyId"]
    assert len(call("list-policies", "--scope", "Local")["Policies"]) == 1
    assert call("list-entities-for-policy", *policy)["PolicyRoles"] == []
    call("create-policy-version", *policy, "--policy-document", ALLOW)
    second = (*policy, "--version-id", "v2")
    assert call("get-policy-version", *second)["PolicyVersion"]["Document"] == json.loads(ALLOW)
    assert len(call("list-policy-versions", *policy)["Versions"]) == 2
    call("set-default-policy-version", *second)
    call("delete-policy-version", *policy, "--version-id", "v1")
    call("tag-policy", *policy, "--tags", "Key=a,Value=1")
    assert call("list-policy-tags", *policy)["Tags"] == [{"Key": "a", "Value": "1"}]
    call("untag-policy", *policy, "--tag-keys", "a")
    call("delete-policy", *policy)


def check_sessions(aws):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"
    assert aws("sts", "get-session-token")["Credentials"]
    assumed = aws("sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "me")
    assert assumed["AssumedRoleUser"]["Arn"].endswith("/any/me")


def test_logs(aws):
    def call(operation, *words):
        return aws("logs", operation, *words)

    group = ("--log-group-name", "/cli/logs")
    stream = (*group, "--log-stream-name", "s")
    call("create-log-group", *group)
    call("put-retention-policy", *group, "--retention-in-days", "7")
    (shown,) = call("describe-log-groups", "--log-group-name-prefix", "/cli")["logGroups"]
    assert shown["retentionInDays"] == 7
    call("delete-retention-policy", *group)
    call("create-log-stream", *stream)
    at = time.time_ns() // 1_000_000
    event = json.dumps([{"timestamp": at, "message": "typed"}])
    call("put-log-events", *stream, "--log-events", event)
    assert len(call("get-log-events", *stream)["events"]) == 1
    assert len(call("filter-log-events", *group, "--filter-pattern", "typed")["events"]) == 1
    assert len(call("describe-log-streams", *group)["logStreams"]) == 1
    assert call("describe-subscription-filters", *group)["subscriptionFilters"] == []
    resource = ("--resource-arn", shown["arn"].removesuffix(":*"))
    call("tag-resource", *resource, "--tags", "a=1")
    assert call("list-tags-for-resource", *resource)["tags"] == {"a": "1"}
    call("untag-resource", *resource, "--tag-keys", "a")
    call("tag-log-group", *group, "--tags", "b=2")
    assert call("list-tags-log-group", *group)["tags"] == {"b": "2"}
    call("untag-log-group", *group, "--tags", "b")
    call("delete-log-stream", *stream)
    call("delete-log-group", *group)
    assert aws.typed == words_of(LOGS)


def test_s3(aws, tmp_path):
    def call(operation, *words, **more):
        return aws("s3api", operation, *words, **more)

    bucket = ("--bucket", "cli-bucket")
    key = (*bucket, "--key", "k")
    place = json.dumps({"LocationConstraint": REGION})
    call("create-bucket", *bucket, "--create-bucket-configuration", place)
    call("head-bucket", *bucket)
    assert call("get-bucket-location", *bucket)["LocationConstraint"] == REGION
    assert "Status" not in (call("get-bucket-versioning", *bucket) or {})
    assert "cli-bucket" in [one["Name"] for one in call("list-buckets")["Buckets"]]
    tagging = ("--tagging", json.dumps({"TagSet": [{"Key": "a", "Value": "1"}]}))
    call("put-bucket-tagging", *bucket, *tagging)
    assert call("get-bucket-tagging", *bucket)["TagSet"] == [{"Key": "a", "Value": "1"}]
    call("delete-bucket-tagging", *bucket)
    body, out = tmp_path / "body", tmp_path / "out"
    body.write_bytes(b"content")
    call("put-object", *key, "--body", str(body))
    assert call("head-object", *key)["ContentLength"] == 7
    call("get-object", *key, str(out))
    assert out.read_bytes() == b"content"
    call("put-object-tagging", *key, *tagging)
    assert call("get-object-tagging", *key)["TagSet"]
    call("delete-object-tagging", *key)
    call("copy-object", *bucket, "--key", "copy", "--copy-source", "cli-bucket/k")
    for operation in ("list-objects-v2", "list-objects"):
        assert [one["Key"] for one in call(operation, *bucket)["Contents"]] == ["copy", "k"]
    check_uploads(call, (*bucket, "--key", "parts"), body)
    gone = json.dumps({"Objects": [{"Key": "copy"}, {"Key": "parts"}]})
    assert len(call("delete-objects", *bucket, "--delete", gone)["Deleted"]) == 2
    call("delete-object", *key)
    call("delete-bucket", *bucket)
    assert aws.typed == words_of(S3)


def check_uploads(call, key, body):
    bucket = key[:2]
    upload = ("--upload-id", call("create-multipart-upload", *key)["UploadId"])
    assert len(call("list-multipart-uploads", *bucket)["Uploads"]) == 1
    part = call("upload-part", *key, *upload, "--part-number", "1", "--body", str(body))
    assert len(call("list-parts", *key, *upload)["Parts"]) == 1
    parts = json.dumps({"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
    call("complete-multipart-upload", *key, *upload, "--multipart-upload", parts)
    again = ("--upload-id", call("create-multipart-upload", *key)["UploadId"])
    call("abort-multipart-upload", *key, *again)
