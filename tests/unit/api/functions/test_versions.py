"""Version operations: parameters to commands, replies to answers."""

import pytest

from headrace.api.functions.table import OPERATIONS
from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN, CODE


@pytest.fixture
def desk():
    return Desk()


def test_a_published_version_is_answered_under_its_own_arn(desk):
    answer = desk.ask("PublishVersion", Description="first")
    assert (answer["FunctionArn"], answer["Version"]) == (f"{ARN}:1", "1")
    assert (answer["Description"], answer["State"]) == ("first", "Active")
    assert answer["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}


def test_versions_are_listed_with_qualified_arns_and_without_states(desk):
    desk.ask("PublishVersion")
    answer = desk.ask("ListVersionsByFunction", MaxItems=1)
    assert [item["FunctionArn"] for item in answer["Versions"]] == [f"{ARN}:$LATEST"]
    assert "State" not in answer["Versions"][0]
    rest = desk.ask("ListVersionsByFunction", Marker=answer["NextMarker"])
    assert [item["FunctionArn"] for item in rest["Versions"]] == [f"{ARN}:1"]
    assert "NextMarker" not in rest


def test_all_versions_of_all_functions_are_listed_in_pages(desk):
    desk.ask("PublishVersion")
    answer = desk.ask("ListFunctions", FunctionVersion="ALL", MaxItems=1)
    assert [item["Version"] for item in answer["Functions"]] == ["$LATEST"]
    marker = answer["NextMarker"]
    rest = desk.ask("ListFunctions", FunctionVersion="ALL", Marker=marker)
    assert [item["FunctionArn"] for item in rest["Functions"]] == [f"{ARN}:1"]


@pytest.mark.parametrize("marker", ["nonsense", "eyJhZnRlciI6IngifQ=="])
def test_a_marker_that_is_not_ours_is_refused(desk, marker):
    with pytest.raises(ServiceError) as refusal:
        desk.ask("ListVersionsByFunction", Marker=marker)
    assert refusal.value.message == "The marker is invalid."


def test_code_and_creation_may_publish_at_once(desk):
    parameters = {"FunctionName": "f", "ZipFile": CODE, "Publish": True, "Code": {"ZipFile": CODE}}
    parameters |= {"Role": "r", "Runtime": "python3.11", "Handler": "a.b"}
    for operation in ("CreateFunction", "UpdateFunctionCode"):
        assert desk.command(operation, **parameters).publish


def test_managed_instances_are_not_served(desk):
    with pytest.raises(ServiceError):
        desk.ask("PublishVersion", PublishTo="LATEST_PUBLISHED")
    assert "PublishVersion" in OPERATIONS
