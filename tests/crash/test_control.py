"""A killed server has every setting that it acknowledged: of functions, roles, objects, logs."""

import pytest

from tests.crash.control import SETTINGS, WORKERS, Control, ControlModel
from tests.crash.history import Violation
from tests.crash.test_crash import ROUNDS, SEED
from tests.crash.torture import Torture

CONTROL_ROUNDS = max(3, ROUNDS // 5)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * CONTROL_ROUNDS)
def test_what_was_set_is_there_after_a_kill(tmp_path):
    torture = Torture(tmp_path / "data", SEED, lambda dice: [Control(dice)])
    torture.run(CONTROL_ROUNDS, print)
    (scene,) = torture.scenes
    assert scene.model.answers > 20 * CONTROL_ROUNDS
    assert len(scene.model.known) == WORKERS * len(SETTINGS)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_server_that_answers_without_writing_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.crash.torture.LOAD_S", (1.0, 1.0))
    torture = Torture(tmp_path / "data", SEED, lambda dice: [Control(dice)])
    torture.modules = ("tests.crash.liar",)
    with pytest.raises(Violation, match="and not one of"):
        torture.run(2, print)


def test_the_model_finds_what_is_lost_or_came_from_nowhere():
    model = ControlModel()
    model.known["k"] = 1
    model.maybe["k"] = {2}
    model.saw("k", 2)
    model.saw("k", 2)
    for wrong in (1, 3, None):
        with pytest.raises(Violation):
            model.saw("k", wrong)
