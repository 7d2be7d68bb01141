"""What is refused of a function's settings, and how they are shown: lambda.md 13.3, 1.4, 1.8."""

import base64
import hashlib

import pytest

from tests.contract.functions.desk import (
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    archive,
    arn,
    constraint,
    function_arn,
)

RUNTIMES = (
    "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x,"
    " java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9,"
    " java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]"
)
MUST = "Member must satisfy constraint: "


def create_refused(desk, name="G", **members):
    """Have CreateFunction refuse members; return status, code and text."""
    refused = desk.refusal("POST", FUNCTIONS, desk.document(name, **members))
    assert desk.send("GET", f"{FUNCTIONS}/{name}").status == 404
    return refused


def update_refused(desk, **members):
    """Have UpdateFunctionConfiguration refuse members; return status, code and text."""
    before = desk.get()
    refused = desk.refusal("PUT", f"{FUNCTIONS}/F/configuration", members)
    assert desk.get() == before
    return refused


@pytest.mark.parametrize(
    "value, member, rule, members",
    [
        (
            "'[x86_64, arm64]'",
            "architectures",
            "Member must have length less than or equal to 1",
            {"Architectures": ["x86_64", "arm64"]},
        ),
        (
            "'[X86_64]'",
            "architectures",
            f"{MUST}[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
            {"Architectures": ["X86_64"]},
        ),
        (
            "'invalidOption'",
            "snapStart.applyOn",
            "Member must satisfy enum value set: [PublishedVersions, None]",
            {"SnapStart": {"ApplyOn": "invalidOption"}},
        ),
        (
            "'[X]'",
            "vpcConfig.subnetIds",
            (
                f"{MUST}[Member must have length less than or equal to 1024, Member must have length"
                " greater than or equal to 0, Member must satisfy regular expression pattern:"
                " subnet-[0-9a-z]*]"
            ),
            {"VpcConfig": {"SubnetIds": ["X"], "SecurityGroupIds": ["sg-1"]}},
        ),
        (
            "'[X]'",
            "vpcConfig.securityGroupIds",
            (
                f"{MUST}[Member must have length less than or equal to 1024, Member must have length"
                " greater than or equal to 0, Member must satisfy regular expression pattern:"
                " sg-[0-9a-zA-Z]*]"
            ),
            {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["X"]}},
        ),
    ],
)
def test_what_breaks_a_constraint(desk, value, member, rule, members):
    """lambda.md L-A12, L-A13, L-A16, L-A21."""
    assert create_refused(desk, **members) == (400, CONSTRAINT, constraint(value, member, rule))


@pytest.mark.parametrize("runtime", ["PYTHON3.9", "unknown"])
def test_a_runtime_that_nobody_knows(desk, runtime):
    """lambda.md L-A14."""
    said = (
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value"
        f" set: {RUNTIMES} or be a valid ARN"
    )
    assert create_refused(desk, Runtime=runtime) == (400, INVALID, said)
    assert update_refused(desk, Runtime=runtime) == (400, INVALID, said)


@pytest.mark.parametrize(
    "runtime",
    [
        "java8",
        "go1.x",
        "provided",
        "ruby2.7",
        "nodejs14.x",
        "nodejs12.x",
        "python3.7",
        "dotnetcore3.1",
    ],
)
def test_a_runtime_that_is_no_more(desk, runtime):
    """lambda.md L-A15."""
    said = (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS"
        " Lambda functions. We recommend you use a supported runtime while creating or updating"
        " functions."
    )
    assert create_refused(desk, Runtime=runtime) == (400, INVALID, said)


def test_too_many_tags_and_layers_are_refused_at_creation(desk):
    """lambda.md L-A17."""
    tags = {str(number): "" for number in range(51)}
    said = "Number of tags exceeds resource tag limit."
    assert create_refused(desk, Tags=tags) == (400, INVALID, said)
    layers = [arn(f"layer:l{number}:1") for number in range(6)]
    said = "Cannot reference more than 5 layers."
    assert create_refused(desk, Layers=layers) == (400, INVALID, said)
    far = [arn("layer:l:1").replace("us-east-1", "eu-west-1")]
    said = (
        "Layers are not in the same region as the function."
        " Layers are expected to be in region us-east-1."
    )
    assert create_refused(desk, Layers=far) == (400, INVALID, said)


def test_variables_have_4096_bytes_of_json(desk):
    """lambda.md L-A18."""
    at_limit = {"Variables": {"KEY": "v" * (4_096 - len('{"KEY":""}'))}}
    desk.create("G", Environment=at_limit)
    over = {"KEY": "v" * 4_080, "ANOTHER": "w"}
    measured = f'{{"KEY":"{over["KEY"]}","ANOTHER":"w"}}'
    said = (
        "Lambda was unable to configure your environment variables because the environment"
        " variables you have provided exceeded the 4KB limit. String measured: " + measured
    )
    assert create_refused(desk, "H", Environment={"Variables": over}) == (400, INVALID, said)
    assert update_refused(desk, Environment={"Variables": over}) == (400, INVALID, said)


def test_what_is_seen_first_of_what_is_too_large(desk):
    """lambda.md L-A19."""
    variables = {"Variables": {"KEY": "v" * 5_000}}
    zipped = {"ZipFile": "A" * (4 * 52_428_801 // 3 // 4 * 4 + 8)}
    said = (
        413,
        "RequestEntityTooLargeException",
        "Zipped size must be smaller than 52428800 bytes",
    )
    assert create_refused(desk, Code=zipped, Environment=variables) == said
    variables = {"Variables": {"KEY": "v" * 70_167_211}}
    said = "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    refused = create_refused(desk, Environment=variables)
    assert refused == (413, "RequestEntityTooLargeException", said)


def test_a_network_is_shown_whole_at_once_and_leaves_a_trace(desk):
    """lambda.md L-A22, 1.8 C9."""
    made = desk.create("G", VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    assert made["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert made["VpcConfig"]["SecurityGroupIds"] == ["sg-1"]
    assert made["VpcConfig"]["VpcId"].startswith("vpc-")
    assert made["VpcConfig"]["Ipv6AllowedForDualStack"] is False
    left = {"SubnetIds": [], "SecurityGroupIds": []}
    trace = {**left, "VpcId": "", "Ipv6AllowedForDualStack": False}
    assert desk.configure("G", VpcConfig=left)["VpcConfig"] == trace
    assert desk.configure("G", Description="other")["VpcConfig"] == trace
    assert "VpcConfig" not in desk.configure("F", VpcConfig=left)


def test_snap_start_is_always_shown(desk):
    """lambda.md L-A23."""
    assert desk.get()["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    desk.create("G", Runtime="python3.12")
    changed = desk.configure("G", SnapStart={"ApplyOn": "PublishedVersions"})
    assert changed["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}


def test_how_logging_settings_merge(desk):
    """lambda.md L-A24."""
    group = desk.configure(LoggingConfig={"LogGroup": "/mine"})["LoggingConfig"]
    assert group == {"LogFormat": "Text", "LogGroup": "/mine"}
    levels = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    assert desk.configure(LoggingConfig=levels)["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "DEBUG",
        "SystemLogLevel": "INFO",
        "LogGroup": "/mine",
    }
    text = desk.configure(LoggingConfig={"LogFormat": "Text"})["LoggingConfig"]
    assert text == {"LogFormat": "Text", "LogGroup": "/mine"}


def test_a_wrong_kind_of_code_changes_nothing(desk):
    """lambda.md L-A26."""
    before = desk.get()
    image = {"ImageUri": "oci:/nowhere"}
    said = "Please don't provide ImageUri when updating a function with packageType Zip."
    assert desk.refusal("PUT", f"{FUNCTIONS}/F/code", image) == (400, INVALID, said)
    assert desk.get() == before


def test_an_arn_is_qualified_as_it_was_asked_for(desk):
    """lambda.md L-A27."""
    path = f"{FUNCTIONS}/F/configuration"
    assert desk.ok("GET", path)["FunctionArn"] == function_arn()
    latest = desk.ok("GET", f"{path}?Qualifier=$LATEST")
    assert latest["FunctionArn"] == f"{function_arn()}:$LATEST"


def test_a_dead_letter_queue_is_cleared_by_an_empty_arn_only(desk):
    """lambda.md L-C4."""
    queue = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dlq"}
    desk.caller.queue("dlq")
    assert desk.configure(DeadLetterConfig=queue)["DeadLetterConfig"] == queue
    assert desk.configure(DeadLetterConfig={})["DeadLetterConfig"] == queue
    assert "DeadLetterConfig" not in desk.configure(DeadLetterConfig={"TargetArn": ""})


def test_code_signing_is_shown_as_none(desk):
    """lambda.md L-C1."""
    path = "/2020-06-30/functions/F/code-signing-config"
    assert desk.ok("GET", path) == {}
    said = f"Function not found: {function_arn('missing')}"
    assert desk.refusal("GET", path.replace("/F/", "/missing/"))[2] == said


@pytest.mark.parametrize("setting", ["MemorySize", "Timeout"])
def test_an_update_is_checked_as_a_creation_is(desk, setting):
    """lambda.md 10, row 32."""
    refused = create_refused(desk, **{setting: 0})
    assert refused[:2] == (400, CONSTRAINT)
    assert update_refused(desk, **{setting: 0}) == refused
    status, code, text = desk.refusal(
        "PUT", "/2017-10-31/functions/F/concurrency", {"ReservedConcurrentExecutions": 901}
    )
    assert (status, code) == (400, INVALID)
    assert text.endswith("UnreservedConcurrentExecution below its minimum value of [100].")


def test_the_archive_stays_the_same_bytes(desk):
    """lambda.md 10, row 29, 11, item 19."""
    sent = base64.b64decode(archive())
    digest = base64.b64encode(hashlib.sha256(sent).digest()).decode()
    assert (desk.get()["CodeSha256"], desk.get()["CodeSize"]) == (digest, len(sent))
    location = desk.ok("GET", f"{FUNCTIONS}/F")["Code"]["Location"]
    path = location.partition("//")[2].partition("/")[2]
    answer = desk.caller.send("GET", f"/{path}", {}, b"")
    assert answer.body == sent
