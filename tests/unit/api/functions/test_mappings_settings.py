"""Filters, pollers, metrics, keys and tags of mappings: spec/esm.md 1.2 to 1.4, tests 10 and 33."""

import pytest

from headrace.api.functions.tags import OPERATIONS as TAGS
from headrace.core.mapping.errors import MappingNotFound
from headrace.wire.model import NULL
from tests.unit.api.functions.test_mappings import REGION, Server

PATTERN = '{"body":{"a":[1]}}'
KEY = "arn:aws:kms:eu-central-1:123456789012:key/k"
EVERYTHING = {
    "FilterCriteria": {"Filters": [{"Pattern": PATTERN}]},
    "ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 10_000},
    "MetricsConfig": {"Metrics": ["EventCount"]},
    "KMSKeyArn": KEY,
}


def test_filters_pollers_metrics_and_key_are_echoed_and_a_list_hides_filters_with_a_key():
    """spec/esm.md 1.3, 12.2 E-A2, test 33."""
    server = Server()
    uuid = server.create(**EVERYTHING)["UUID"]
    server.settle()
    found = server.call("Get", UUID=uuid)
    assert {name: found[name] for name in EVERYTHING} == EVERYTHING
    (listed,) = server.call("List")["EventSourceMappings"]
    assert listed["FilterCriteria"] is NULL
    assert {**listed, "FilterCriteria": EVERYTHING["FilterCriteria"]} == found


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("FilterCriteria", {}),
        ("FilterCriteria", {"Filters": []}),
        ("ProvisionedPollerConfig", {}),
        ("MetricsConfig", {}),
        ("MetricsConfig", {"Metrics": []}),
        ("KMSKeyArn", ""),
    ],
)
def test_10_empty_clears_one_setting_and_keeps_the_others(name, empty):
    server = Server()
    uuid = server.create(**EVERYTHING)["UUID"]
    server.settle()
    answer = server.call("Update", UUID=uuid, **{name: empty})
    assert {key: answer[key] for key in EVERYTHING} == {**EVERYTHING, name: NULL}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"MinimumPollers": 5}, (5, 200)),
        ({"MaximumPollers": 7}, (2, 7)),
        ({"MinimumPollers": 2, "MaximumPollers": 2}, (2, 2)),
    ],
)
def test_the_number_of_pollers_that_is_not_given_is_the_default(given, expected):
    """spec/esm.md 1.2."""
    config = Server().create(ProvisionedPollerConfig=given)["ProvisionedPollerConfig"]
    assert (config["MinimumPollers"], config["MaximumPollers"]) == expected


def test_an_update_of_one_number_of_pollers_keeps_the_other():
    server = Server()
    uuid = server.create(ProvisionedPollerConfig={"MinimumPollers": 5})["UUID"]
    server.settle()
    answer = server.call("Update", UUID=uuid, ProvisionedPollerConfig={"MaximumPollers": 9})
    assert answer["ProvisionedPollerConfig"] == {"MinimumPollers": 5, "MaximumPollers": 9}


OUT_OF_RANGE = (
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between "
    "[MinimumPollers, 10000]"
)


@pytest.mark.parametrize("operation", ["Create", "Update"])
@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, OUT_OF_RANGE),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 201}}, OUT_OF_RANGE),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 8}}, OUT_OF_RANGE),
        ({"ProvisionedPollerConfig": {"MaximumPollers": 10_001}}, OUT_OF_RANGE),
        (
            {
                "ProvisionedPollerConfig": {"MinimumPollers": 2},
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
            (
                "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use "
                "MaximumPollers as the control mechanism and remove maximum concurrency."
            ),
        ),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 2, "PollerGroupName": "g"}},
            "PollerGroupName is not supported for SQS event sources.",
        ),
        (
            {"MetricsConfig": {"Metrics": ["EventCount", "ErrorCount"]}},
            "Only EventCount metrics are supported for event source mappings.",
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": PATTERN}] * 6}},
            "An event source mapping can have at most 5 filters.",
        ),
        *(
            (
                {"FilterCriteria": {"Filters": [{"Pattern": PATTERN}, {"Pattern": pattern}]}},
                "Invalid filter pattern definition.",
            )
            for pattern in ("", "null", "text", '{"body":"a"}', '{"body":[]}', "{}")
        ),
        ({"FilterCriteria": {"Filters": [{}]}}, "Invalid filter pattern definition."),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_aws_words(operation, parameters, text):
    """spec/esm.md 1.4, rows 11 to 16."""
    server = Server()
    uuid = server.create(FunctionName="handle:$LATEST")["UUID"]
    server.settle()
    given = parameters if operation == "Create" else {"UUID": uuid, **parameters}
    assert server.refusal(operation, **given) == text


def test_tags_of_a_mapping_and_of_none():
    """spec/esm.md 12.2 E-A8, row 20."""
    server = Server()
    arn = server.create(Tags={"a": "1"})["EventSourceMappingArn"]

    def ask(operation, resource=arn, **parameters):
        context = server.context()
        given = {"Resource": resource, **parameters}
        command = TAGS[operation].command(given, context, server)
        return TAGS[operation].answer(given, context, server.apply(server.mappings, command), {})

    assert ask("TagResource", Tags={"b": "2", "c": "3"}) == {}
    assert ask("UntagResource", TagKeys=["a", "absent"]) == {}
    assert ask("ListTags") == {"Tags": {"b": "2", "c": "3"}}
    unknown = arn[:-4] + "0000"
    elsewhere = arn.replace(REGION, "us-east-1")
    for resource in (unknown, elsewhere):
        for operation, given in (
            ("TagResource", {"Tags": {"b": "2"}}),
            ("UntagResource", {"TagKeys": ["a"]}),
            ("ListTags", {}),
        ):
            with pytest.raises(MappingNotFound) as refused:
                ask(operation, resource, **given)
            assert refused.value.message == f"Event source mapping not found: {resource}"
