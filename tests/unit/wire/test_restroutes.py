"""Every Lambda operation is found by its method and raw path, and by nothing else."""

import pytest

from headrace.wire.catalog import LAMBDA
from headrace.wire.restroutes import find_operation


def find(method, path, query=""):
    found = find_operation("lambda", method, path, query)
    return None if found is None else (found[0].name, found[1])


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("operation", LAMBDA.operations.values(), ids=lambda row: row.name)
def test_every_operation_has_its_route_with_and_without_a_slash_at_the_end(operation, slash):
    path, _, query = operation.path.removesuffix("/").partition("?")
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    for name in names:
        path = path.replace(f"{{{name}}}", f"a%2F{name}")
    expected = (operation.name, {name: f"a%2F{name}" for name in names})
    assert find(operation.method, path + slash, query) == expected


def test_operations_on_one_path_are_told_apart_by_a_literal_query():
    path = "/2018-10-31/layers"
    assert find("GET", path, "Arn=a&find=LayerVersion") == ("GetLayerVersionByArn", {})
    assert find("GET", path, "find=Other") == ("ListLayers", {})
    assert find("GET", path) == ("ListLayers", {})


def test_a_literal_segment_goes_before_a_label():
    path = "/2019-09-25/functions/event-invoke-config/event-invoke-config/list"
    assert find("GET", path) == (
        "ListFunctionEventInvokeConfigs",
        {"FunctionName": "event-invoke-config"},
    )


@pytest.mark.parametrize(
    "method, path",
    [
        ("BREW", "/2015-03-31/functions/f"),
        ("GET", "/2015-03-31"),
        ("GET", "/2015-03-31/functions//configuration"),
        ("GET", "/2015-03-31/functions/f/x/y"),
        ("GET", "/1999-01-01/functions"),
        ("GET", ""),
        ("GET", "/"),
    ],
)
def test_there_is_no_other_route(method, path):
    assert find(method, path) is None
