"""A killed server whose queues run a function: at least once, in order, with plausible counts."""

import random

import pytest

from tests.crash.history import Violation
from tests.crash.test_crash import ROUNDS, SEED
from tests.crash.torture import Torture
from tests.crash.trigger import FLAKY, Trigger, TriggerModel

#: Each costs seconds: the default is few.
TRIGGER_ROUNDS = max(2, ROUNDS // 10)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(120 + 30 * TRIGGER_ROUNDS)
def test_a_killed_server_still_runs_all_it_acknowledged_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.crash.torture.LOAD_S", (0.3, 2.5))
    torture = Torture(tmp_path / "data", SEED, lambda dice: [Trigger(dice)])
    torture.run(TRIGGER_ROUNDS, print)
    (scene,) = torture.scenes
    model = scene.model
    assert model.answers > 20 * TRIGGER_ROUNDS
    assert model.missing() == []
    # Something was cut off and ran again, and what was reported as failed came again.
    assert any(len(counts) > 1 for counts in model.told.values())
    flaky = [
        counts for (group, n), counts in model.told.items() if group == "none" and not n % FLAKY
    ]
    assert flaky
    assert all(counts[-1] > 1 for counts in flaky)
    assert len(model.newest) > 1


def told(group, number, count=1):
    return {"group": group, "number": number, "count": count}


def test_the_model_finds_what_overtakes_runs_twice_or_never_comes():
    model = TriggerModel()
    model.acknowledged("g", 1)
    assert model.missing() == [("g", 1)]
    model.heard(told("g", 1))
    model.heard(told("g", 3))
    model.heard(told("g", 1, 2))  # again, after a kill
    with pytest.raises(Violation, match="came after"):
        model.heard(told("g", 2))
    with pytest.raises(Violation, match="receive counts"):
        model.heard(told("g", 3))
    with pytest.raises(Violation, match="received 9 times"):
        model.heard(told("g", 4, 9))
    model.heard(told("none", 2))
    model.heard(told("none", 1))
    assert model.missing() == []


def test_senders_number_the_messages_of_each_group():
    model = TriggerModel()
    numbers = [model.next_number(random.Random(1).choice("ab")) for _ in range(3)]
    assert numbers == [1, 2, 3]
