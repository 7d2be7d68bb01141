"""The reader of stories: what it understands, and that it does fail."""

import pytest

from headrace.core.sqs.limits import QueueRules
from headrace.testing.scenario import Scenario, ScenarioFailed, attributes_of, time_ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [("0s", 0), ("30s", 30_000), ("29.9s", 29_900), ("1.05s", 1_050), ("250ms", 250), ("2m", 120_000), ("12h", 43_200_000), ("4d", 345_600_000)],
)  # fmt: skip
def test_times(text, ms):
    assert time_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1.2345s", "1w"])
def test_other_times_are_refused(text):
    with pytest.raises(ScenarioFailed, match="not a time"):
        time_ms(text)


def test_attributes_in_the_words_of_stories():
    assert attributes_of(["visibility=1m", "size=2048", "redrive="]) == {
        "VisibilityTimeout": "60",
        "MaximumMessageSize": "2048",
        "RedrivePolicy": "",
    }
    assert '"maxReceiveCount":3' in attributes_of(["redrive=dead:3"])["RedrivePolicy"]


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        ("0s receive -> A (1)", "line 2.*\n.*expected: A \\(1\\)\n.*nothing"),
        ("0s send A\n0s receive -> A (2)", "A \\(1\\)"),
        ("0s has A", "nothing"),
        ("0s counts 1 0 0", "0 0 0"),
        ("0s receive wait=5s -> nothing yet\n6s -> nothing", "at 5000 ms"),
        ("0s receive wait=5s -> nothing yet\n4s -> nothing", "nothing yet"),
        ("0s -> nothing", "no receive waits"),
        ("1s send A\n0s send B", "time does not go back"),
        ("0s fly", "no verb"),
        ("0s q", "no verb"),
        ("0s receive speed=9", "unknown option"),
        ("0s create visibility=99999h", "refused"),
        ("0s delete A", "refused ReceiptHandleIsInvalid"),
        ("0s purge\n0s purge -> done", "PurgeQueueInProgress"),
    ],
)
def test_a_story_that_is_not_true_fails_with_its_line(lines, failure):
    with pytest.raises(ScenarioFailed, match=failure):
        Scenario().play(f"queue q\n{lines}")


def test_rules_can_be_switched_off():
    scenario = Scenario(rules=QueueRules(purge_interval_ms=0))
    assert scenario.play("queue q\n0s purge\n0s purge -> done") == 3


def test_comments_and_empty_lines_say_nothing():
    assert Scenario().play("# nothing\n\nqueue q # a queue\n   # and that is all\n") == 1
