"""Constraint violations are reported in AWS's words, all of a request together."""

import pytest

from headrace.wire.catalog import LAMBDA, SERVICES
from headrace.wire.errors import InvalidParameterException, ValidationException
from headrace.wire.limits import (
    ITEMS_DISPLAYED_MAX,
    ITEMS_LOOKED_AT_MAX,
    PATTERN_LENGTH_MAX,
    VIOLATIONS_MAX,
)
from headrace.wire.model import Member, Service, Shape
from headrace.wire.validate import _value, check_constraints, compiled

CREATE = {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": {}}
SHORT = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)


def refusal(shape, parameters, service=LAMBDA):
    with pytest.raises(ValidationException) as caught:
        check_constraints(service, shape, parameters)
    return caught.value.message


def refused_creation(**members):
    return refusal("CreateFunctionRequest", {**CREATE, **members})


def one(value, path, constraint):
    return (
        f"1 validation error detected: Value {value} at '{path}' "
        f"failed to satisfy constraint: {constraint}"
    )


def test_what_keeps_to_the_model_passes():
    members = {
        "Handler": "m.h",
        "Timeout": 3,
        "Architectures": ["arm64"],
        "Environment": {"Variables": {"KEY": "", "K2": "x" * 5000}},
        "Runtime": "python9.9",  # its enum is checked in core, with another text (L-A14)
        "Tags": {"größe 1": "a+b=c"},
    }
    assert check_constraints(LAMBDA, "CreateFunctionRequest", {**CREATE, **members}) is None


def test_a_missing_member_is_null():
    message = refusal("CreateFunctionRequest", {"FunctionName": "f", "Code": {}})
    assert message == one("null", "role", "Member must not be null")


@pytest.mark.parametrize(
    "members, message",
    [
        (  # L-A12
            {"Architectures": ["x86_64", "arm64"]},
            one(
                "'[x86_64, arm64]'",
                "architectures",
                "Member must have length less than or equal to 1",
            ),
        ),
        (  # L-A13
            {"Architectures": ["X86_64"]},
            one(
                "'[X86_64]'",
                "architectures",
                "Member must satisfy constraint: [Member must satisfy enum value set: "
                "[x86_64, arm64], Member must not be null]",
            ),
        ),
        (  # L-A16
            {"SnapStart": {"ApplyOn": "invalidOption"}},
            one(
                "'invalidOption'",
                "snapStart.applyOn",
                "Member must satisfy enum value set: [PublishedVersions, None]",
            ),
        ),
        (  # L-A21
            {"VpcConfig": {"SubnetIds": ["X"]}},
            one(
                "'[X]'",
                "vpcConfig.subnetIds",
                "Member must satisfy constraint: [Member must have length less than or equal to "
                "1024, Member must have length greater than or equal to 0, Member must satisfy "
                "regular expression pattern: subnet-[0-9a-z]*]",
            ),
        ),
        (  # 1.4, bad role string
            {"Role": "r1"},
            one(
                "'r1'",
                "role",
                "Member must satisfy regular expression pattern: "
                r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
            ),
        ),
        (
            {"Timeout": 0},
            one("'0'", "timeout", "Member must have value greater than or equal to 1"),
        ),
        (
            {"Environment": {"Variables": {"A": "x", "B2": "true"}}},
            one(
                "'{A=x, B2=true}'",
                "environment.variables",
                "Map keys must satisfy constraint: [Member must satisfy regular expression "
                "pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
            ),
        ),
        (
            {"Tags": {"k": "v" * 257}},
            one(
                f"'{{k={'v' * 257}}}'",
                "tags",
                "Map value must satisfy constraint: [Member must have length less than or equal "
                "to 256, Member must have length greater than or equal to 0, Member must satisfy "
                r"regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)]",
            ),
        ),
        (
            {"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]},
            one(
                "'a'",
                "fileSystemConfigs.1.member.arn",
                "Member must satisfy regular expression pattern: "
                + LAMBDA.shapes["FileSystemArn"].pattern,
            ),
        ),
    ],
)
def test_each_kind_of_constraint_has_its_words(members, message):
    assert refused_creation(**members) == message


def test_length_and_pattern_of_one_name_are_reported_together():
    name = "arn:aws:lambda:europe:000000000000:function:" + "f" * 189
    assert refused_creation(FunctionName=name) == (  # L-A3
        f"2 validation errors detected: Value '{name}' at 'functionName' failed to satisfy "
        f"constraint: Member must have length less than or equal to 140; Value '{name}' at "
        "'functionName' failed to satisfy constraint: Member must satisfy regular expression "
        f"pattern: {SHORT}"
    )


def test_a_bad_qualifier_is_reported_before_a_bad_name():
    parameters = {"FunctionName": "*", "Qualifier": "q" * 129}
    message = refusal("GetFunctionRequest", parameters)
    assert message.startswith("2 validation errors detected: ")
    assert message.index("'qualifier'") < message.index("'functionName'")


def test_reading_and_changing_operations_have_their_own_patterns():
    assert SHORT in refused_creation(FunctionName="a:b:c")
    assert r"[a-zA-Z0-9-_\.]+" in refusal("DeleteFunctionRequest", {"FunctionName": "a:b:c"})


def test_a_delete_takes_names_of_256_characters():
    assert check_constraints(LAMBDA, "DeleteFunctionRequest", {"FunctionName": "f" * 256}) is None
    assert "less than or equal to 256" in refusal(
        "DeleteFunctionRequest", {"FunctionName": "f" * 257}
    )


def made_up(*shapes):
    return Service(
        name="made-up",
        operations={},
        shapes={shape.name: shape for shape in shapes},
        errors={},
    )


def violations(service, shape, value):
    return [*_value(service, service.shapes[shape], value, "x")]


@pytest.mark.parametrize(
    "kind, maximum, value, shown, measure",
    [
        ("blob", 1, b"ab", "java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]", "length"),
        ("double", 0.5, 0.75, "0.75", "value"),
        ("long", 32768, 32769, "32769", "value"),
    ],
)
def test_values_are_displayed_as_java_does(kind, maximum, value, shown, measure):
    service = made_up(Shape("Limited", kind, maximum=maximum))
    constraint = f"Member must have {measure} less than or equal to {maximum}"
    assert violations(service, "Limited", value) == [
        f"Value '{shown}' at 'x' failed to satisfy constraint: {constraint}"
    ]


def test_truth_is_displayed_in_lower_case():
    service = made_up(Shape("Item", "boolean"), Shape("Items", "list", item="Item", maximum=1))
    assert violations(service, "Items", [True, False])[0].startswith("Value '[true, false]'")


def test_what_is_nested_in_maps_is_checked():
    service = made_up(
        Shape("Key", "string"),
        Shape("Item", "list", item="Key", minimum=1),
        Shape("Map", "map", key="Key", item="Item"),
    )
    constraint = "Member must have length greater than or equal to 1"
    assert violations(service, "Map", {"k": []}) == [
        f"Value '[]' at 'x.k.member' failed to satisfy constraint: {constraint}"
    ]


def test_limits_of_many_digits_are_written_out():
    service = made_up(Shape("Limited", "long", maximum=70_167_211))
    assert "less than or equal to 70167211" in violations(service, "Limited", 10**9)[0]


HOSTILE = ["a" * 9_999, "a-" * 4_999, "arn:aws:" + "a:" * 4_000, "a." * 4_999, "\x00" * 9_999]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_no_pattern_takes_long_over_hostile_text(text):
    patterns = [shape for shape in LAMBDA.shapes.values() if shape.pattern]
    for shape in patterns:
        longest = min(PATTERN_LENGTH_MAX, int(shape.maximum or 10**9) * 4)
        compiled(shape.pattern).fullmatch(text[:longest] + "\n")
    assert patterns


def test_text_beyond_all_measure_matches_no_pattern():
    message = refusal("CreateFunctionRequest", {**CREATE, "Role": CREATE["Role"] + "r" * 20_000})
    assert message.startswith("2 validation errors detected")


def test_classes_of_any_script_are_translated():
    pattern = compiled(LAMBDA.shapes["TagKey"].pattern)
    assert pattern.fullmatch("größe キー 1\u2003_.:/=+-@")
    assert not pattern.fullmatch("a;b")


def test_digits_are_ascii_elsewhere():
    assert not compiled(r"\d{12}").fullmatch("٣" * 12)


def test_members_have_paths_of_java_names():
    member = Member("KMSKeyArn", "KMSKeyArn")
    assert member in LAMBDA.shapes["CreateFunctionRequest"].members
    assert "at 'kMSKeyArn'" in refused_creation(KMSKeyArn="x")


#: As the service prints it; the newest model has brackets around it (L-A75).
LAYER_VERSION = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
)


def test_the_arn_of_a_layer_names_a_version():
    arn = "arn:aws:lambda:eu-west-1:000000000000:layer:shared"
    pattern = f"Member must satisfy regular expression pattern: {LAYER_VERSION}"
    assert refusal("GetLayerVersionByArnRequest", {"Arn": arn}) == one(f"'{arn}'", "arn", pattern)
    assert refused_creation(Layers=[arn]) == one(
        f"'[{arn}]'",
        "layers",
        "Member must satisfy constraint: [Member must have length less than or equal to 2048, "
        f"Member must have length greater than or equal to 1, {pattern}, Member must not be null]",
    )
    check_constraints(LAMBDA, "CreateFunctionRequest", {**CREATE, "Layers": [f"{arn}:1"]})


def test_what_layers_are_for_is_checked_by_their_rules():
    members = {
        "LayerName": "shared",
        "Content": {},
        "CompatibleRuntimes": ["fortran"],
        "CompatibleArchitectures": ["vax"],
    }
    assert check_constraints(LAMBDA, "PublishLayerVersionRequest", members) is None
    message = refusal("ListLayersRequest", {"CompatibleArchitecture": "vax"})
    assert message == one(
        "'vax'", "compatibleArchitecture", "Member must satisfy enum value set: [x86_64, arm64]"
    )


@pytest.mark.parametrize(
    ("event", "path", "constraint"),
    [
        ({"timestamp": 1}, "message", "null"),
        ({"message": "x"}, "timestamp", "null"),
        ({"timestamp": -1, "message": "x"}, "timestamp", "'-1'"),
        ({"timestamp": 1, "message": ""}, "message", "''"),
    ],
)
def test_one_bad_item_among_ten_thousand_is_found(event, path, constraint):
    def put(events):
        members = {"logGroupName": "g", "logStreamName": "s", "logEvents": events}
        check_constraints(SERVICES["logs"], "PutLogEventsRequest", members)

    events = [{"timestamp": 0, "message": "x"}] * 10_000
    put(events)
    with pytest.raises(InvalidParameterException) as caught:
        put([*events[:4_000], event, *events[4_001:]])
    assert caught.value.message.startswith(
        f"1 validation error detected: Value {constraint} at 'logEvents.4001.member.{path}' failed"
    )


def test_a_list_beyond_all_measure_is_neither_checked_nor_repeated_whole():
    members = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{}] * 100_000}
    with pytest.raises(InvalidParameterException) as caught:
        check_constraints(SERVICES["logs"], "PutLogEventsRequest", members)
    shown = ", ".join(["{}"] * ITEMS_DISPLAYED_MAX)
    assert caught.value.message == one(
        f"'[{shown}]'", "logEvents", "Member must have length less than or equal to 10000"
    )


def test_an_error_names_no_more_than_so_many_violations():
    members = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{}] * 10_000}
    with pytest.raises(InvalidParameterException) as caught:
        check_constraints(SERVICES["logs"], "PutLogEventsRequest", members)
    assert caught.value.message.startswith(f"{VIOLATIONS_MAX} validation errors detected: ")
    assert caught.value.message.count("; ") == VIOLATIONS_MAX - 1


def test_no_list_of_the_model_may_have_more_items_than_are_checked_of_a_bad_one():
    lists = [shape for one in SERVICES.values() for shape in one.shapes.values()]
    assert all(int(shape.maximum or 0) <= ITEMS_LOOKED_AT_MAX for shape in lists if shape.item)
