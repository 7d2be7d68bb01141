"""Tags, account settings and layers on the wire: lambda.md 13.9, 13.10, 1.13 to 1.15."""

import json

import pytest

from tests.contract.functions.desk import (
    CONFLICT,
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    LAYERS,
    NOT_FOUND,
    PRECONDITION,
    SETTINGS,
    TAGS,
    archive,
    arn,
    constraint,
    function_arn,
)
from tests.contract.functions.test_settings import RUNTIMES

PATTERN = "Member must satisfy regular expression pattern: "
TAGGED = (
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)"
    r"|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}"
    r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"
)
LAYER = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
)
ALLOW = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
DEPRECATED = ["java8", "go1.x", "python3.7", "nodejs12.x", "dotnetcore3.1", "ruby2.7", "provided"]


def publish(desk, name="l", **members):
    """Publish a layer version; return the answer."""
    document = {"Content": {"ZipFile": archive()}, **members}
    return desk.ok("POST", f"{LAYERS}/{name}/versions", document, status=201)


@pytest.mark.parametrize(
    "resource",
    ["function", arn("event-source-mapping:0" * 1 + "123:alias"), arn("function:F:1:2")],
)
def test_a_resource_that_has_no_tags(desk, resource):
    """lambda.md L-A62, L-C8."""
    said = constraint(f"'{resource}'", "resource", PATTERN + TAGGED)
    assert desk.refusal("GET", f"{TAGS}/{resource}") == (400, CONSTRAINT, said)


def test_keys_of_tags_are_asked_for(desk):
    """lambda.md L-A63."""
    said = constraint("null", "tagKeys", "Member must not be null")
    assert desk.refusal("DELETE", f"{TAGS}/{function_arn()}") == (400, CONSTRAINT, said)


def test_resources_that_are_not_there(desk):
    """lambda.md L-A64."""
    mapping = arn("event-source-mapping:11111111-2222-3333-4444-555555555555")
    provider = arn("capacity-provider:missing")
    function = function_arn("missing")
    for resource, said in (
        (mapping, f"Event source mapping not found: {mapping}"),
        (provider, f"Capacity provider not found: {provider}"),
        (function, f"Function not found: {function}"),
    ):
        gone = (404, NOT_FOUND, said)
        assert desk.refusal("GET", f"{TAGS}/{resource}") == gone
        assert desk.refusal("POST", f"{TAGS}/{resource}", {"Tags": {"a": "b"}}) == gone
        assert desk.refusal("DELETE", f"{TAGS}/{resource}?tagKeys=a") == gone


def test_functions_have_fifty_tags_and_versions_none(desk):
    """lambda.md L-A65, 1.14."""
    said = "Tags on function aliases and versions are not supported. Please specify a function ARN."
    for qualifier in ("$LATEST", "7", "prod"):
        resource = f"{TAGS}/{function_arn()}:{qualifier}"
        assert desk.refusal("POST", resource, {"Tags": {"a": "b"}}) == (400, INVALID, said)
    path = f"{TAGS}/{function_arn()}"
    fifty = {str(number): "v" for number in range(50)}
    assert desk.send("POST", path, {"Tags": fifty}).status == 204
    said = "Number of tags exceeds resource tag limit."
    assert desk.refusal("POST", path, {"Tags": {"50": "v"}}) == (400, INVALID, said)
    assert desk.ok("GET", path) == {"Tags": fifty}
    keys = "&".join(f"tagKeys={key}" for key in fifty)
    assert desk.send("DELETE", f"{path}?{keys}").status == 204
    assert "Tags" not in desk.ok("GET", f"{FUNCTIONS}/F")


def test_what_counts_as_stored_code(desk):
    """lambda.md L-A68, 1.15."""

    def total():
        return desk.ok("GET", SETTINGS)["AccountUsage"]["TotalCodeSize"]

    size = desk.get()["CodeSize"]
    assert total() == size
    desk.configure(Description="other")
    assert total() == size
    desk.publish()
    assert total() == 2 * size
    assert publish(desk)["Content"]["CodeSize"] + 2 * size == total()


def test_a_layer_version_below_one(desk):
    """lambda.md L-A69."""
    said = (400, INVALID, "Layer Version Cannot be less than 1")
    for number in (0, -1):
        assert desk.refusal("GET", f"{LAYERS}/l/versions/{number}") == said
        assert desk.refusal("DELETE", f"{LAYERS}/l/versions/{number}") == said


def test_layers_that_are_not_there(desk):
    """lambda.md L-A70."""
    assert desk.ok("GET", f"{LAYERS}/missing/versions") == {"LayerVersions": []}
    for _ in range(2):
        assert desk.send("DELETE", f"{LAYERS}/missing/versions/1").status == 204


def test_what_is_echoed_of_a_layer(desk):
    """lambda.md L-A71, L-A72, L-A77."""
    empty = publish(desk, CompatibleRuntimes=[], CompatibleArchitectures=[])
    assert (empty["CompatibleRuntimes"], empty["CompatibleArchitectures"]) == ([], [])
    assert not {"CompatibleRuntimes", "LicenseInfo"} & publish(desk).keys()
    old = publish(desk, CompatibleRuntimes=DEPRECATED, LicenseInfo="MIT")
    assert (old["CompatibleRuntimes"], old["LicenseInfo"]) == (DEPRECATED, "MIT")
    listed = desk.ok("GET", f"{LAYERS}/{arn('layer:l')}/versions")["LayerVersions"]
    assert [one["Version"] for one in listed] == [3, 2, 1]
    assert not any({"Content", "LayerArn"} & one.keys() for one in listed)


def test_runtimes_and_architectures_that_nobody_knows(desk):
    """lambda.md L-A73."""
    document = {
        "Content": {"ZipFile": archive()},
        "CompatibleRuntimes": ["invalidruntime"],
        "CompatibleArchitectures": ["invalidarch"],
    }
    runtimes = constraint(
        "'[invalidruntime]'",
        "compatibleRuntimes",
        f"Member must satisfy enum value set: {RUNTIMES}",
    )
    status, code, text = desk.refusal("POST", f"{LAYERS}/l/versions", document)
    assert (status, code) == (400, CONSTRAINT)
    rule = (
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64],"
        " Member must not be null]"
    )
    architectures = constraint("'[invalidarch]'", "compatibleArchitectures", rule)
    assert text.startswith("2 validation errors detected: Value '[invalidruntime]' at")
    assert text.endswith(architectures.partition("detected: ")[2])
    assert "Member must satisfy enum value set: [" in text
    assert runtimes.startswith("1 validation error")


def test_lists_of_layers_know_more_runtimes(desk):
    """lambda.md L-A74."""
    status, code, text = desk.refusal("GET", f"{LAYERS}?CompatibleRuntime=runtimedoesnotexist")
    assert (status, code) == (400, CONSTRAINT)
    assert "at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum" in text
    for runtime in ("ruby3.5", "nasa", "python2.7-greengrass", "byol", "nodejs4.3-edge"):
        assert runtime in text
    rule = "Member must satisfy enum value set: [x86_64, arm64]"
    said = constraint("'archdoesnotexist'", "compatibleArchitecture", rule)
    refused = desk.refusal("GET", f"{LAYERS}?CompatibleArchitecture=archdoesnotexist")
    assert refused == (400, CONSTRAINT, said)


def test_an_arn_of_a_layer_without_its_version(desk):
    """lambda.md L-A75."""
    layer = arn("layer:l")
    said = constraint(f"'{layer}'", "arn", PATTERN + LAYER)
    path = f"{LAYERS}?find=LayerVersion&Arn={layer}"
    assert desk.refusal("GET", path) == (400, CONSTRAINT, said)
    rule = (
        "Member must satisfy constraint: [Member must have length less than or equal to 2048,"
        f" Member must have length greater than or equal to 1, {PATTERN}{LAYER},"
        " Member must not be null]"
    )
    said = constraint(f"'[{layer}]'", "layers", rule)
    refused = desk.refusal("PUT", f"{FUNCTIONS}/F/configuration", {"Layers": [layer]})
    assert refused == (400, CONSTRAINT, said)


def test_layers_of_a_function_that_cannot_be(desk):
    """lambda.md L-A76."""
    arns = [publish(desk)["LayerVersionArn"] for _ in range(3)]
    said = (
        "Two different versions of the same layer are not allowed to be referenced in the same"
        f" function. {arns[0]} and {arns[1]} are versions of the same layer."
    )
    path = f"{FUNCTIONS}/F/configuration"
    assert desk.refusal("PUT", path, {"Layers": arns}) == (400, INVALID, said)
    missing = arn("layer:l:9")
    said = f"Layer version {missing} does not exist."
    assert desk.refusal("PUT", path, {"Layers": [missing]}) == (400, INVALID, said)
    policy = f"{LAYERS}/l/versions/9/policy"
    assert desk.refusal("POST", policy, ALLOW) == (404, NOT_FOUND, said)


def test_policies_of_layer_versions(desk):
    """lambda.md L-A78, L-C9."""
    layer = publish(desk)["LayerVersionArn"]
    path = f"{LAYERS}/l/versions/1/policy"
    said = (404, NOT_FOUND, "No policy is associated with the given resource.")
    assert desk.refusal("GET", path) == said
    rule = f"{PATTERN}lambda:GetLayerVersion"
    refused = desk.refusal("POST", path, {**ALLOW, "Action": "*"})
    assert refused == (400, CONSTRAINT, constraint("'*'", "action", rule))
    made = desk.ok("POST", path, ALLOW, status=201)
    statement = json.loads(made["Statement"])
    assert (statement["Principal"], statement["Action"], statement["Resource"]) == (
        "*",
        "lambda:GetLayerVersion",
        layer,
    )
    assert desk.ok("GET", path)["RevisionId"] == made["RevisionId"]
    said = (
        "The statement id (s) provided already exists. Please provide a new statement id, or"
        " remove the existing statement."
    )
    assert desk.refusal("POST", path, ALLOW) == (409, CONFLICT, said)
    said = "Statement doesnotexist is not found in resource policy."
    assert desk.refusal("DELETE", f"{path}/doesnotexist") == (404, NOT_FOUND, said)
    said = (
        "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy"
        " API to retrieve the latest Revision Id"
    )
    stale = "0" * 36
    other = {**ALLOW, "StatementId": "t"}
    assert desk.refusal("POST", f"{path}?RevisionId={stale}", other) == (412, PRECONDITION, said)
    assert desk.refusal("DELETE", f"{path}/s?RevisionId={stale}") == (412, PRECONDITION, said)
    assert desk.send("DELETE", f"{path}/s?RevisionId={made['RevisionId']}").status == 204
