"""The states of a mapping, as a table (spec/esm.md 1.5).

Creating, Enabling and Updating settle to Enabled, Disabling to Disabled, Deleting to nothing. What
settles does so by time alone.
"""

from enum import StrEnum


class State(StrEnum):
    """AWS's words."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    UPDATING = "Updating"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    DELETING = "Deleting"


#: Where a state leads by itself; None: the mapping is gone. States that are not here stay.
SETTLES_TO: dict[State, State | None] = {
    State.CREATING: State.ENABLED,
    State.ENABLING: State.ENABLED,
    State.UPDATING: State.ENABLED,
    State.DISABLING: State.DISABLED,
    State.DELETING: None,
}

#: States in which messages are asked for.
POLLING = (State.ENABLED, State.UPDATING)


def created(*, enabled: bool) -> State:
    """Return the state that a new mapping starts in."""
    return State.CREATING if enabled else State.DISABLED


def updated(state: State, *, enabled: bool | None) -> State:
    """Return the state after an update of a mapping in `state`, which is settled."""
    if state is State.DISABLED:
        return State.ENABLING if enabled else State.DISABLED
    return State.DISABLING if enabled is False else State.UPDATING
