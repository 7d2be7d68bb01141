"""Operations on function URLs: parameters to commands, replies to answers."""

import re

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN, REGION

MADE = "2026-11-18T11:06:40.000Z"
CORS = {
    "AllowCredentials": False,
    "AllowHeaders": ["x-a"],
    "AllowMethods": ["*"],
    "AllowOrigins": ["https://a.example"],
    "ExposeHeaders": [],
    "MaxAge": 0,
}


@pytest.fixture
def desk():
    """A function with an alias."""
    desk = Desk()
    desk.ask("CreateAlias", Name="live", FunctionVersion="$LATEST")
    return desk


def create(desk, **parameters):
    return desk.ask("CreateFunctionUrlConfig", **{"AuthType": "NONE"} | parameters)


def test_a_url_is_answered_when_it_is_made(desk):
    made = create(desk, Cors=CORS)
    pattern = rf"http://[a-z0-9]{{32}}\.lambda-url\.{REGION}\.localhost:4566/"
    assert re.fullmatch(pattern, made.pop("FunctionUrl"))
    assert made == {"FunctionArn": ARN, "AuthType": "NONE", "Cors": CORS, "CreationTime": MADE}
    assert create(desk, Qualifier="live")["FunctionArn"] == f"{ARN}:live"


def test_the_mode_is_answered_once_it_was_given(desk):
    """L-A81."""
    assert "InvokeMode" not in create(desk)
    assert "InvokeMode" not in desk.ask("UpdateFunctionUrlConfig", AuthType="AWS_IAM")
    shown = desk.ask("GetFunctionUrlConfig")
    assert (shown["InvokeMode"], shown["AuthType"]) == ("BUFFERED", "AWS_IAM")
    assert shown["LastModifiedTime"] == MADE
    desk.ask("UpdateFunctionUrlConfig", InvokeMode="RESPONSE_STREAM")
    updated = desk.ask("UpdateFunctionUrlConfig", Cors={"MaxAge": 1})
    assert updated["InvokeMode"] == "RESPONSE_STREAM"
    assert updated["Cors"] == {"MaxAge": 1}
    assert updated == desk.ask("GetFunctionUrlConfig")
    assert create(desk, Qualifier="live", InvokeMode="BUFFERED")["InvokeMode"] == "BUFFERED"


def test_urls_are_listed_a_page_at_a_time(desk):
    assert desk.ask("ListFunctionUrlConfigs") == {"FunctionUrlConfigs": []}
    create(desk)
    create(desk, Qualifier="live")
    first = desk.ask("ListFunctionUrlConfigs", MaxItems=1)
    assert [one["FunctionArn"] for one in first["FunctionUrlConfigs"]] == [ARN]
    second = desk.ask("ListFunctionUrlConfigs", MaxItems=1, Marker=first["NextMarker"])
    assert [one["FunctionArn"] for one in second["FunctionUrlConfigs"]] == [f"{ARN}:live"]
    assert "NextMarker" not in second
    assert second["FunctionUrlConfigs"][0]["InvokeMode"] == "BUFFERED"


def test_a_url_is_deleted(desk):
    create(desk)
    assert desk.ask("DeleteFunctionUrlConfig") == {}
    with pytest.raises(ServiceError, match="The resource you requested does not exist"):
        desk.ask("GetFunctionUrlConfig")
