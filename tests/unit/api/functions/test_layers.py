"""Layer operations: parameters to commands, replies to answers."""

import json

import pytest

from headrace.base.errors import ServiceError
from headrace.core.functions.settings import Code
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ACCOUNT, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared"
CONTENT = Code("ab" * 32, 276, 1_000)
LISTED = {
    "LayerVersionArn": f"{ARN}:1",
    "Description": "",
    "CreatedDate": "2026-11-18T11:06:40.000+0000",
    "Version": 1,
}


def publish(desk, name="shared", **parameters):
    given = {"LayerName": name, "Content": {"ZipFile": CONTENT}} | parameters
    return desk.ask("PublishLayerVersion", **given)


def refusal(desk, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        desk.ask(operation, **parameters)
    return caught.value


def test_a_version_is_answered_with_its_content():
    desk = Desk()
    answer = publish(
        desk,
        Description="d",
        CompatibleRuntimes=["python3.12", "java8"],
        CompatibleArchitectures=[],
        LicenseInfo="MIT",
    )
    location = answer["Content"].pop("Location")
    assert location.startswith(
        f"http://127.0.0.1:4566/_headrace/code/{ACCOUNT}/{REGION}/layer:shared/"
    )
    assert answer == LISTED | {
        "Content": {"CodeSha256": CONTENT.code_sha256, "CodeSize": 276},
        "LayerArn": ARN,
        "Description": "d",
        "CompatibleRuntimes": ["python3.12", "java8"],
        "CompatibleArchitectures": [],
        "LicenseInfo": "MIT",
    }
    by_name = desk.ask("GetLayerVersion", LayerName="shared", VersionNumber=1)
    by_arn = desk.ask("GetLayerVersionByArn", Arn=f"{ARN}:1")
    assert by_name == by_arn == answer | {"Content": by_name["Content"]}


def test_layers_are_listed_a_page_at_a_time():
    desk = Desk()
    for name in ("b", "a"):
        publish(desk, name)
    page = desk.ask("ListLayers", MaxItems=1)
    assert [one["LayerName"] for one in page["Layers"]] == ["a"]
    page = desk.ask("ListLayers", MaxItems=1, Marker=page["NextMarker"])
    listed = {**LISTED, "LayerVersionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:b:1"}
    assert page == {
        "Layers": [
            {
                "LayerName": "b",
                "LayerArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:b",
                "LatestMatchingVersion": listed,
            }
        ]
    }


def test_versions_are_listed_without_contents_by_name_or_arn():
    desk = Desk()
    assert desk.ask("ListLayerVersions", LayerName="shared") == {"LayerVersions": []}
    for _ in range(2):
        publish(desk)
    page = desk.ask("ListLayerVersions", LayerName=ARN, MaxItems=1)
    assert [one["Version"] for one in page["LayerVersions"]] == [2]
    page = desk.ask("ListLayerVersions", LayerName=ARN, Marker=page["NextMarker"])
    assert page == {"LayerVersions": [LISTED]}


def test_lists_hand_on_their_filters():
    desk = Desk()
    publish(desk, CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["arm64"])
    for parameters, count in (
        ({"CompatibleRuntime": "python3.12"}, 1),
        ({"CompatibleRuntime": "python3.13"}, 0),
        ({"CompatibleArchitecture": "arm64"}, 1),
        ({"CompatibleArchitecture": "x86_64"}, 0),
    ):
        assert len(desk.ask("ListLayers", **parameters)["Layers"]) == count
        versions = desk.ask("ListLayerVersions", LayerName="shared", **parameters)
        assert len(versions["LayerVersions"]) == count


@pytest.mark.parametrize("marker", ["x", "eyJhZnRlciI6IngifQ=="])
def test_a_marker_of_no_list_is_refused(marker):
    error = refusal(Desk(), "ListLayerVersions", LayerName="shared", Marker=marker)
    assert error.message == "The marker is invalid."


def test_deleting_answers_nothing():
    desk = Desk()
    publish(desk)
    assert desk.ask("DeleteLayerVersion", LayerName="shared", VersionNumber=1) == {}
    assert desk.ask("ListLayers") == {"Layers": []}


def test_layers_of_aws_are_not_found():
    error = refusal(Desk(), "GetLayerVersionByArn", Arn="arn:aws:lambda:::awslayer:x")
    assert (error.code, error.message) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


@pytest.mark.parametrize("content", [{}, {"S3Bucket": "b"}])
def test_a_version_needs_an_archive(content):
    error = refusal(Desk(), "PublishLayerVersion", LayerName="shared", Content=content)
    assert error.code == "InvalidParameterValueException"


def test_permissions():
    desk = Desk()
    publish(desk)
    version = {"LayerName": "shared", "VersionNumber": 1}
    added = desk.ask(
        "AddLayerVersionPermission",
        **version,
        StatementId="s",
        Action="lambda:GetLayerVersion",
        Principal="*",
    )
    shown = desk.ask("GetLayerVersionPolicy", **version)
    assert json.loads(shown["Policy"])["Statement"] == [json.loads(added["Statement"])]
    assert shown["RevisionId"] == added["RevisionId"]
    removal = version | {"StatementId": "s", "RevisionId": shown["RevisionId"]}
    assert desk.ask("RemoveLayerVersionPermission", **removal) == {}
    assert refusal(desk, "GetLayerVersionPolicy", **version).code == "ResourceNotFoundException"


def test_a_function_shows_its_layers():
    desk = Desk()
    publish(desk)
    answer = desk.ask("UpdateFunctionConfiguration", Layers=[f"{ARN}:1"])
    assert answer["Layers"] == [{"Arn": f"{ARN}:1", "CodeSize": 276}]
    assert "Layers" in desk.ask("UpdateFunctionConfiguration", Timeout=9)
    assert "Layers" not in desk.ask("UpdateFunctionConfiguration", Layers=[])


def test_a_function_is_created_with_layers():
    desk = Desk()
    publish(desk)
    answer = desk.ask(
        "CreateFunction",
        FunctionName="other",
        Role="arn:aws:iam::000000000000:role/r",
        Runtime="python3.11",
        Handler="app.handler",
        Code={"ZipFile": CONTENT},
        Layers=[f"{ARN}:1"],
    )
    assert answer["Layers"] == [{"Arn": f"{ARN}:1", "CodeSize": 276}]
