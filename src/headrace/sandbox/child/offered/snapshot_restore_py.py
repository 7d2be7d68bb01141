"""Register functions to be called before a snapshot is taken and after it has been restored.

For functions with SnapStart, under the name and with the interface of AWS's module of the same
name. Functions before the snapshot are called in the reverse order of their registration, those
after the restore in its order (research/environments.md B6).
"""

_before_snapshot = []  # type: list[object]
_after_restore = []  # type: list[object]


def register_before_snapshot(func, *args, **kwargs):
    """Have a function called with these arguments before the snapshot; return the function."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Have a function called with these arguments after each restore; return the function."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    """Return what is registered: functions with their arguments and keyword arguments."""
    return _before_snapshot


def get_after_restore():
    """Return what is registered: functions with their arguments and keyword arguments."""
    return _after_restore
