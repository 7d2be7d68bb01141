"""The demo's verdict: right figures pass, every kind of wrong one does not."""

import pytest

from headrace.faces.demo.deliveries import FORGED_LINES
from headrace.faces.demo.run import Demo, read_logs


@pytest.fixture
def demo(tmp_path):
    """A demo that saw what it should see."""
    demo = Demo(tmp_path, crash=False)
    for delivery in demo.deliveries:
        name = f"id-{delivery.line}"
        demo.observed.acknowledged[name] = delivery.line
        if delivery.is_forged:
            demo.observed.dead[name] = 3
        else:
            demo.observed.handled[name] = 5
    return demo


def test_right_figures_are_right(demo, capsys):
    assert demo._report() is True
    printed = capsys.readouterr().out
    assert "sent                  329" in printed
    assert "delivered             326" in printed
    assert "dead-lettered         3" in printed
    assert "retried               3" in printed


def test_a_message_that_is_nowhere_is_wrong(demo, capsys):
    del demo.observed.handled["id-7"]
    assert demo._report() is False
    assert "WRONG: 1 acknowledged messages are nowhere" in capsys.readouterr().out


def test_a_message_that_waits_is_wrong(demo, capsys):
    demo.observed.waiting = 2
    assert demo._report() is False
    assert "WRONG: 2 messages are still in the queue" in capsys.readouterr().out


def test_a_delivery_that_was_never_acknowledged_is_wrong(demo, capsys):
    del demo.observed.acknowledged["id-0"]
    del demo.observed.handled["id-0"]
    assert demo._report() is False
    assert "WRONG: not every delivery was acknowledged" in capsys.readouterr().out


def test_another_dead_letter_than_the_forged_is_wrong(demo, capsys):
    demo.observed.dead["id-1"] = 3
    assert demo._report() is False
    assert "WRONG: other messages were dead-lettered" in capsys.readouterr().out


def test_after_a_crash_a_forged_twin_may_be_unknown(demo):
    """A send that was repeated after the crash may be there twice, acknowledged once."""
    demo.observed.dead["nobody was told"] = 3
    assert demo._report() is False
    demo.crash = True
    assert demo._report() is True
    del demo.observed.dead[f"id-{FORGED_LINES[0]}"]
    assert demo._report() is False


def test_logs_tell_invokes_and_environments(tmp_path):
    folder = tmp_path / "group"
    folder.mkdir()
    start = "1795000000000 0 START RequestId: a Version: $LATEST\n"
    (folder / "one.log").write_text(f"{start}1795000000000 0 on its way START\n{start}")
    (folder / "two.log").write_text(start)
    assert read_logs(tmp_path) == (3, 2)
