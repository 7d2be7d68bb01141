"""Names and ARNs of layers."""

import pytest

from headrace.core.functions.layernames import (
    LayerReference,
    layer_arn,
    parse_layer,
    parse_layer_version,
)
from tests.unit.core.functions.bench import ACCOUNT, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared"


def test_a_name_is_a_layer_of_the_caller():
    assert parse_layer("shared", 2, ACCOUNT, REGION) == LayerReference(ACCOUNT, REGION, "shared", 2)


def test_an_arn_names_account_and_region():
    text = "arn:aws:lambda:us-east-1:999999999999:layer:shared"
    expected = LayerReference("999999999999", "us-east-1", "shared", 1)
    assert parse_layer(text, 1, ACCOUNT, REGION) == expected
    assert parse_layer_version(f"{text}:1") == expected
    assert expected.arn == text
    assert expected.version_arn == f"{text}:1"


@pytest.mark.parametrize("partition", ["", "aws-cn"])
def test_every_legal_partition_can_be_read(partition):
    found = parse_layer_version(f"arn:{partition}:lambda:{REGION}:{ACCOUNT}:layer:x:3")
    assert found == LayerReference(ACCOUNT, REGION, "x", 3)


def test_layers_of_aws_itself_are_none_of_ours():
    assert parse_layer_version("arn:aws:lambda:::awslayer:AmazonLinux1803") is None


def test_an_arn_follows_the_partition_of_its_region():
    assert layer_arn(ACCOUNT, "cn-north-1", "x").startswith("arn:aws-cn:lambda:cn-north-1:")
