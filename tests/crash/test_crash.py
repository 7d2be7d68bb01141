"""Nothing acknowledged is lost when the server is killed: rounds of load, SIGKILL and census."""

import os

import pytest

from tests.crash.history import Violation
from tests.crash.ledger import Ledger
from tests.crash.letters import Letters
from tests.crash.orders import Orders
from tests.crash.torture import Torture

ROUNDS = int(os.environ.get("HEADRACE_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("HEADRACE_CRASH_SEED", "20261125"))
#: In fewer, a kind of move may be missing.
ROUNDS_THAT_SHOW_ALL = 10


def check_that_all_was_tried(orders, ledger, *letters):
    """See that each promise was put to the test."""
    assert orders.model.answers > 50 * ROUNDS
    assert ledger.model.answers > 5 * ROUNDS
    assert any(entry.asked > 1 for entry in ledger.model.messages.values())
    for scene in letters:
        assert scene.model.answers > 5 * ROUNDS
        assert scene.model.rescued
        assert scene.model.tasks.moved(is_rescue=True) == len(scene.model.rescued)
        assert scene.model.tasks.moved(is_rescue=False) > 0


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(60 + 30 * ROUNDS)
def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path):
    print(f"\npython -m tests.crash.torture {ROUNDS} {SEED}")
    torture = Torture(tmp_path / "data", SEED)
    torture.run(ROUNDS, print)
    assert torture.round == ROUNDS
    assert torture.answers > 100 * ROUNDS
    if ROUNDS >= ROUNDS_THAT_SHOW_ALL:
        check_that_all_was_tried(*torture.scenes)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("scene", [Orders, Ledger, Letters])
def test_a_server_that_answers_without_writing_is_found_out(tmp_path, monkeypatch, scene):
    monkeypatch.setattr("tests.crash.orders.CENSUS_S", 3.0)
    monkeypatch.setattr("tests.crash.ledger.CENSUS_S", 3.0)
    monkeypatch.setattr("tests.crash.letters.CENSUS_S", 3.0)
    monkeypatch.setattr("tests.crash.torture.LOAD_S", (1.5, 1.5))
    monkeypatch.setattr(scene, "clients", 8)
    monkeypatch.setattr(Ledger, "left", 0.0)
    torture = Torture(tmp_path / "data", SEED, lambda dice: [scene(dice)])
    torture.modules = ("tests.crash.liar",)
    with pytest.raises(Violation, match=f"round 2 of .* {SEED}"):
        torture.run(2, print)
