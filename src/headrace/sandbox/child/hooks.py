"""Call what a function has registered for SnapStart, through whichever module it did.

Standard library only, Python 3.8 and later. A function may bring a `snapshot_restore_py` of its
own; else it finds ours, in `offered/`.
"""

import sys

_MODULE = "snapshot_restore_py"
#: Exit statuses of a runtime whose hook has raised (spec/lambda.md 8.3).
BEFORE_SNAPSHOT_FAILED = 64
AFTER_RESTORE_FAILED = 65


def run_before_snapshot():
    """Call the hooks before the snapshot, the last registered first."""
    module = sys.modules.get(_MODULE)
    if module is None:
        return
    registered = module.get_before_snapshot()
    while registered:
        function, arguments, named = registered.pop()
        function(*arguments, **named)


def run_after_restore():
    """Call the hooks after the restore, in the order of their registration."""
    module = sys.modules.get(_MODULE)
    if module is None:
        return
    for function, arguments, named in module.get_after_restore():
        function(*arguments, **named)
