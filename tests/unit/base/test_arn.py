"""ARNs and queue URLs in every form (spec/sqs.md 1.5)."""

import pytest

from headrace.base.arn import (
    Arn,
    QueuePlace,
    format_queue_url,
    parse_arn,
    parse_queue_url,
    partition_of,
    queue_arn,
    region_of_host,
)

ACCOUNT = "123456789012"


def test_parse_arn_keeps_colons_of_the_resource():
    text = "arn:aws:lambda:eu-west-1:123456789012:function:name:7"
    arn = parse_arn(text)
    assert arn == Arn("aws", "lambda", "eu-west-1", ACCOUNT, "function:name:7")
    assert str(arn) == text


@pytest.mark.parametrize(
    "text", ["", "dummy", "arn:aws:sqs:r:1", "urn:aws:sqs:r:1:q", "arn:aws:sqs:r:1:"]
)
def test_parse_arn_refuses_other_texts(text):
    with pytest.raises(ValueError, match="not an ARN"):
        parse_arn(text)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_queue_arn_names_the_partition_of_the_region(region, partition):
    assert partition_of(region) == partition
    assert queue_arn(region, ACCOUNT, "q") == f"arn:{partition}:sqs:{region}:{ACCOUNT}:q"


@pytest.mark.parametrize(
    ("text", "account", "region"),
    [
        (f"http://127.0.0.1:4566/{ACCOUNT}/q", ACCOUNT, ""),
        (f"http://localhost/{ACCOUNT}/q/", ACCOUNT, ""),
        (f"HTTPS://any.host.example/{ACCOUNT}/q?x=1#y", ACCOUNT, ""),
        (f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q", ACCOUNT, "eu-west-1"),
        (f"https://sqs.cn-north-1.amazonaws.com.cn/{ACCOUNT}/q", ACCOUNT, "cn-north-1"),
        (f"https://sqs.us-east-2.api.aws/{ACCOUNT}/q", ACCOUNT, "us-east-2"),
        (f"https://sqs-fips.us-east-1.amazonaws.com/{ACCOUNT}/q", ACCOUNT, "us-east-1"),
        (f"https://queue.amazonaws.com/{ACCOUNT}/q", ACCOUNT, "us-east-1"),
        (f"https://eu-west-1.queue.amazonaws.com/{ACCOUNT}/q", ACCOUNT, "eu-west-1"),
        (f"https://vpce-0a1.sqs.eu-west-1.vpce.amazonaws.com/{ACCOUNT}/q", ACCOUNT, "eu-west-1"),
        (f"http://sqs.eu-west-1.localhost.localstack.cloud:4566/{ACCOUNT}/q", ACCOUNT, "eu-west-1"),
        (f"http://localhost:4566/queue/eu-west-3/{ACCOUNT}/q", ACCOUNT, "eu-west-3"),
        (f"/queue/eu-west-3/{ACCOUNT}/q", ACCOUNT, "eu-west-3"),
        (f"/{ACCOUNT}/q", ACCOUNT, ""),
        (f"{ACCOUNT}/q", ACCOUNT, ""),
        ("q", "", ""),
    ],
)
def test_parse_queue_url_takes_every_form(text, account, region):
    is_certain = "/queue/" in text
    assert parse_queue_url(text) == QueuePlace(account, region, "q", is_certain)


@pytest.mark.parametrize(
    "text",
    [
        "http://whatever-incorrect-queue-address",
        "http://whatever-incorrect-queue-address/q",
        f"http://host/{ACCOUNT}",
        f"http://host/{ACCOUNT}/q/more",
        "http://host/12345/q",
        "ftp://host/q",
        "",
        "/",
    ],
)
def test_parse_queue_url_names_no_queue_in_other_forms(text):
    assert parse_queue_url(text).name == ""


def test_a_formatted_url_can_be_parsed_again():
    url = format_queue_url("http://127.0.0.1:4566", ACCOUNT, "q")
    assert url == f"http://127.0.0.1:4566/{ACCOUNT}/q"
    assert parse_queue_url(url) == QueuePlace(ACCOUNT, "", "q")


def test_region_of_host_is_empty_where_none_is_named():
    assert region_of_host("localhost:4566") == ""
    assert region_of_host("sqs.localhost") == ""
