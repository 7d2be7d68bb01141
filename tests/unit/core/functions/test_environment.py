"""The life of an environment is a table."""

import pytest

from headrace.core.functions.environment import (
    LIVES,
    Environment,
    Happening,
    Life,
    environment_id,
)
from tests.unit.core.functions.bench import EPOCH, deployment_with


def test_a_life_goes_along_the_table():
    environment = Environment("e", deployment_with(), "stream")
    lives = [environment.life]
    for happening in (
        Happening.READY,
        Happening.TOOK,
        Happening.ANSWERED,
        Happening.FROZE,
        Happening.TOOK,
        Happening.ENDED,
    ):
        environment.happen(happening)
        lives.append(environment.life)
    assert lives == [
        Life.STARTING,
        Life.IDLE,
        Life.BUSY,
        Life.IDLE,
        Life.FROZEN,
        Life.BUSY,
        Life.GONE,
    ]


def test_nothing_happens_to_what_is_gone():
    assert all(life is not Life.GONE for life, _ in LIVES)


@pytest.mark.parametrize("happening", [Happening.TOOK, Happening.FROZE, Happening.ANSWERED])
def test_what_is_not_in_the_table_is_a_bug(happening):
    environment = Environment("e", deployment_with(), "stream")
    with pytest.raises(KeyError):
        environment.happen(happening)


def test_every_life_but_gone_can_end():
    assert {life for life, what in LIVES if what is Happening.ENDED} == set(Life) - {Life.GONE}


def test_ids_differ_by_number_instant_and_function():
    deployment = deployment_with()
    one = environment_id(deployment, EPOCH, 1, "id")
    others = {
        environment_id(deployment, EPOCH, 2, "id"),
        environment_id(deployment, EPOCH + 1, 1, "id"),
        environment_id(deployment_with(seed=bytes(16)), EPOCH, 1, "id"),
    }
    assert one == environment_id(deployment, EPOCH, 1, "id")
    assert len({one} | others) == 4
    assert len(one) == 32
