"""Alias operations: parameters to commands, replies to answers."""

import pytest

from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ARN


@pytest.fixture
def desk():
    desk = Desk()
    desk.ask("PublishVersion")
    desk.bench.update_code()
    desk.ask("PublishVersion")
    return desk


@pytest.mark.parametrize("weight", [0.05, 0.1, 0.3, 1.0, 0.123456789])
def test_weights_come_back_as_they_were_given(desk, weight):
    routing = {"AdditionalVersionWeights": {"2": weight}}
    answer = desk.ask("CreateAlias", Name="live", FunctionVersion="1", RoutingConfig=routing)
    assert answer["RoutingConfig"] == routing
    assert desk.ask("GetAlias", Name="live") == answer


def test_an_alias_is_answered_without_routing_where_there_is_none(desk):
    answer = desk.ask("CreateAlias", Name="live", FunctionVersion="1")
    revision = answer.pop("RevisionId")
    assert len(revision) == 36
    assert answer == {
        "AliasArn": f"{ARN}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "",
    }


def test_routing_is_taken_away_by_an_empty_map_and_stays_when_not_spoken_of(desk):
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    desk.ask("CreateAlias", Name="live", FunctionVersion="1", RoutingConfig=routing)
    assert desk.ask("UpdateAlias", Name="live", Description="x")["RoutingConfig"] == routing
    empty = {"AdditionalVersionWeights": {}}
    assert "RoutingConfig" not in desk.ask("UpdateAlias", Name="live", RoutingConfig=empty)


def test_aliases_are_listed_in_pages(desk):
    for name in ("a", "b"):
        desk.ask("CreateAlias", Name=name, FunctionVersion="1")
    answer = desk.ask("ListAliases", MaxItems=1)
    assert [alias["Name"] for alias in answer["Aliases"]] == ["a"]
    rest = desk.ask("ListAliases", Marker=answer["NextMarker"])
    assert [alias["Name"] for alias in rest["Aliases"]] == ["b"]
    assert desk.ask("ListAliases", FunctionVersion="2") == {"Aliases": []}
    assert desk.ask("DeleteAlias", Name="a") == {}
