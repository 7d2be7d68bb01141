"""The states of a mapping: spec/esm.md 1.5, row by row."""

import pytest

from headrace.core.mapping.state import POLLING, SETTLES_TO, State, created, updated


def test_a_new_mapping():
    assert created(enabled=True) is State.CREATING
    assert created(enabled=False) is State.DISABLED


@pytest.mark.parametrize(
    ("before", "enabled", "after"),
    [
        (State.DISABLED, True, State.ENABLING),
        (State.DISABLED, False, State.DISABLED),
        (State.DISABLED, None, State.DISABLED),
        (State.ENABLED, False, State.DISABLING),
        (State.ENABLED, True, State.UPDATING),
        (State.ENABLED, None, State.UPDATING),
    ],
)
def test_an_update(before, enabled, after):
    assert updated(before, enabled=enabled) is after


def test_where_states_lead_by_themselves():
    assert {str(state): arrived and str(arrived) for state, arrived in SETTLES_TO.items()} == {
        "Creating": "Enabled",
        "Enabling": "Enabled",
        "Updating": "Enabled",
        "Disabling": "Disabled",
        "Deleting": None,
    }
    assert set(State) - set(SETTLES_TO) == {State.ENABLED, State.DISABLED}


def test_messages_are_asked_for_while_enabled_and_while_an_enabled_one_is_updated():
    assert set(POLLING) == {State.ENABLED, State.UPDATING}
