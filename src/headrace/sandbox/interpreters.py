"""Which interpreter of this machine serves a Lambda runtime.

How they are found is each language's own matter (`languages/`). A missing version is served by the
nearest one of its language, the newer of two equally near: one rule for the functions, who refuse
what nothing serves, and for us (`core/functions/runtimes.py`).
"""

import functools
import logging
from collections.abc import Sequence

from headrace.core.functions import runtimes
from headrace.ports.sandbox import RuntimeFound
from headrace.sandbox.languages.language import Interpreter

log = logging.getLogger(__name__)


def choose_interpreter(interpreters: Sequence[Interpreter], runtime: str) -> Interpreter | None:
    """Return the interpreter that serves a runtime, or None when there is none of its language.

    Args:
        interpreters: Newest last; of those that serve the same runtime the last one is taken.
    """
    return runtimes.choose_interpreter(runtime, reversed(interpreters))


@functools.cache
def note_substitute(runtime: str, interpreter: Interpreter) -> None:
    """Warn, once, that a runtime is served by another version than its own."""
    log.warning(
        "%s is not on this machine: %s (%s, %s) serves it",
        runtime,
        interpreter.runtime,
        interpreter.version,
        interpreter.path,
    )


def as_runtimes(interpreters: Sequence[Interpreter]) -> list[RuntimeFound]:
    """Return one entry a runtime, in the order of the interpreters."""
    by_runtime = {one.runtime: one for one in interpreters}
    return [as_runtime(one) for one in by_runtime.values()]


def as_runtime(interpreter: Interpreter) -> RuntimeFound:
    """Return an interpreter as the port shows it."""
    return RuntimeFound(
        interpreter.runtime, interpreter.path, interpreter.version, interpreter.missing
    )
