"""Rules: what becomes of a function's loops.

Source: spec/esm.md 5.5, spec/lambda.md 1.21, L-A61.
"""

from headrace.core.functions.commands import GetRecursion, SetRecursion
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.records import RecursionSet
from headrace.core.functions.replies import RecursionShown


def set_recursion(command: SetRecursion, scene: Scene) -> Decision:
    """Let events of a loop go on, or end them."""
    number, _ = scene.directory.find_function(command.reference)
    record = RecursionSet(number, scene.now, command.allows)
    return Decision(RecursionShown(command.allows), [record])


def get_recursion(command: GetRecursion, scene: Scene) -> Decision:
    """Show which of both it is."""
    _, function = scene.directory.find_function(command.reference)
    return Decision(RecursionShown(function.allows_loops))
