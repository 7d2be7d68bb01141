"""Hooks run in AWS's order, whichever module they were registered with."""

import sys
import types

from headrace.sandbox.child import hooks
from headrace.sandbox.child.offered import snapshot_restore_py


def test_the_last_registered_runs_first_before_and_last_after(monkeypatch):
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", snapshot_restore_py)
    calls = []

    @snapshot_restore_py.register_before_snapshot
    def first():
        calls.append("first")

    assert snapshot_restore_py.register_before_snapshot(calls.append, "second") == calls.append
    snapshot_restore_py.register_after_restore(lambda a, b: calls.append((a, b)), 1, b=2)
    snapshot_restore_py.register_after_restore(calls.append, "last")
    assert callable(first)
    hooks.run_before_snapshot()
    assert calls == ["second", "first"]
    assert not snapshot_restore_py.get_before_snapshot()
    for _ in range(2):  # Each restore of one snapshot.
        calls.clear()
        hooks.run_after_restore()
        assert calls == [(1, 2), "last"]
    snapshot_restore_py.get_after_restore().clear()


def test_a_function_may_bring_its_own_module(monkeypatch):
    calls = []
    theirs = types.SimpleNamespace(
        get_before_snapshot=lambda: [(calls.append, ("before",), {})],
        get_after_restore=lambda: [(calls.append, ("after",), {})],
    )
    registered = theirs.get_before_snapshot()
    theirs.get_before_snapshot = lambda: registered
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", theirs)
    hooks.run_before_snapshot()
    hooks.run_after_restore()
    assert calls == ["before", "after"]


def test_without_hooks_nothing_runs(monkeypatch):
    monkeypatch.delitem(sys.modules, "snapshot_restore_py", raising=False)
    hooks.run_before_snapshot()
    hooks.run_after_restore()
    assert "snapshot_restore_py" not in sys.modules
