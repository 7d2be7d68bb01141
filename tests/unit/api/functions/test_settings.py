"""Settings between AWS's members and ours."""

import pytest

from headrace.api.functions.settings import (
    changed_settings,
    configuration,
    listed,
    new_settings,
    refuse_unserved,
)
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import runtime_version_arn
from headrace.core.functions.settings import Logging, Vpc
from tests.unit.core.functions.bench import (
    ARN,
    CODE,
    REGION,
    ROLE,
    Bench,
    creation,
    settings_with,
)

CREATE = {"FunctionName": "resize", "Role": ROLE, "Runtime": "python3.11", "Handler": "app.handler"}


def test_a_new_function_has_the_defaults_of_aws():
    assert new_settings(CREATE, "resize", ("x86_64", "arm64")) == settings_with()


def test_a_new_function_takes_what_is_given():
    given = {
        "Description": "d",
        "Timeout": 30,
        "MemorySize": 512,
        "EphemeralStorage": {"Size": 1_024},
        "Environment": {"Variables": {"KEY": "v"}},
        "Architectures": ["arm64"],
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": "arn:q"},
        "KMSKeyArn": "arn:k",
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "LoggingConfig": {"LogGroup": "/mine"},
    }
    assert new_settings(CREATE | given, "resize", ("x86_64",)) == settings_with(
        description="d",
        timeout_s=30,
        memory_mb=512,
        ephemeral_storage_mb=1_024,
        variables={"KEY": "v"},
        architecture="arm64",
        tracing_mode="Active",
        dead_letter_arn="arn:q",
        kms_key_arn="arn:k",
        snap_start="PublishedVersions",
        logging=Logging("/mine"),
    )


def test_an_update_keeps_what_is_absent_and_replaces_what_is_present():
    before = settings_with(timeout_s=30, variables={"A1": "1", "B1": "2"}, description="d")
    after = changed_settings({"Environment": {"Variables": {"C1": "3"}}, "Timeout": 5}, before)
    assert after == settings_with(timeout_s=5, variables={"C1": "3"}, description="d")
    assert changed_settings({"Description": ""}, before).description == ""


def test_an_empty_environment_clears_and_an_empty_dead_letter_config_does_not():
    before = settings_with(variables={"A1": "1"}, dead_letter_arn="arn:q", kms_key_arn="arn:k")
    after = changed_settings({"Environment": {}, "DeadLetterConfig": {}}, before)
    assert (after.variables, after.dead_letter_arn) == ({}, "arn:q")
    after = changed_settings({"DeadLetterConfig": {"TargetArn": ""}, "KMSKeyArn": ""}, before)
    assert (after.dead_letter_arn, after.kms_key_arn) == ("", "")


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (Logging("/g"), {"LogGroup": "/h"}, Logging("/h")),
        (Logging("/g"), {"LogFormat": "JSON"}, Logging("/g", "JSON", "INFO", "INFO")),
        (
            Logging("/g"),
            {"LogFormat": "JSON", "SystemLogLevel": "WARN"},
            Logging("/g", "JSON", "INFO", "WARN"),
        ),
        (
            Logging("/g", "JSON", "DEBUG", "WARN"),
            {"ApplicationLogLevel": "ERROR"},
            Logging("/g", "JSON", "ERROR", "WARN"),
        ),
        (Logging("/g", "JSON", "DEBUG", "WARN"), {"LogFormat": "Text"}, Logging("/g")),
    ],
)
def test_logging_is_merged_member_by_member(before, given, after):
    settings = settings_with(logging=before)
    assert changed_settings({"LoggingConfig": given}, settings).logging == after


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FileSystemConfigs", [{"Arn": "arn", "LocalMountPath": "/mnt/x"}]),
        ("CodeSigningConfigArn", "arn"),
    ],
)
def test_what_is_not_served_is_refused_and_not_ignored(name, value):
    with pytest.raises(InvalidParameterValue) as refusal:
        refuse_unserved({name: value})
    assert refusal.value.message == f"This server does not serve {name} yet."


def test_empty_values_of_what_is_not_served_are_harmless():
    given = {
        "Publish": False,
        "Layers": [],
        "TenancyConfig": {},
        "PackageType": "Zip",
    }
    assert refuse_unserved(given) is None


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        ({"SubnetIds": ["subnet-1"]}, None, Vpc(("subnet-1",))),
        ({"SecurityGroupIds": ["sg-2"]}, Vpc(("subnet-1",)), Vpc(("subnet-1",), ("sg-2",))),
        ({"SubnetIds": [], "SecurityGroupIds": []}, None, None),
        ({"SubnetIds": [], "SecurityGroupIds": []}, Vpc(("subnet-1",), ("sg-1",), True), Vpc()),
        ({"Ipv6AllowedForDualStack": True}, Vpc(("subnet-1",)), Vpc(("subnet-1",), (), True)),
    ],
)
def test_a_network_is_kept_list_by_list_and_leaves_a_trace(given, before, after):
    settings = settings_with(vpc=before)
    assert changed_settings({"VpcConfig": given}, settings).vpc == after


def test_the_answer_to_a_creation_is_the_reference_answer_of_aws():
    """lambda.md 10, row 31."""
    view = Bench().ask(creation()).view
    assert configuration(view) == {
        "FunctionName": "resize",
        "FunctionArn": ARN,
        "Runtime": "python3.11",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": 276,
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2026-11-18T11:06:40.000+0000",
        "CodeSha256": CODE.code_sha256,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": view.revision_id,
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(REGION, "python3.11")},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/resize"},
    }


def test_states_are_shown_as_they_come():
    bench = Bench()
    bench.ask(creation())
    active = configuration(bench.show().view)
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in active
    updated = configuration(bench.update_code().view)
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert updated["LastUpdateStatusReason"] == "The function is being created."
    assert updated["LastUpdateStatusReasonCode"] == "Creating"


def test_the_arn_ends_in_the_callers_qualifier():
    view = Bench().ask(creation()).view
    assert configuration(view, "$LATEST")["FunctionArn"] == f"{ARN}:$LATEST"


def test_optional_members_are_shown_when_they_say_something():
    bench = Bench()
    changes = {"variables": {}, "dead_letter_arn": "arn:q", "kms_key_arn": "arn:k"}
    answer = configuration(bench.ask(creation(**changes)).view)
    assert answer["Environment"] == {"Variables": {}}
    assert answer["DeadLetterConfig"] == {"TargetArn": "arn:q"}
    assert answer["KMSKeyArn"] == "arn:k"


def test_lists_leave_out_states_and_runtime_versions():
    view = Bench().ask(creation()).view
    answer = listed(view)
    left_out = set(configuration(view)) - set(answer)
    assert left_out == {"State", "StateReason", "StateReasonCode", "RuntimeVersionConfig"}
    assert answer["FunctionArn"] == ARN
    assert listed(view, qualified=True)["FunctionArn"] == f"{ARN}:$LATEST"
