"""Which function and version an invoke means, and whether it may come to it at all.

Source: spec/lambda.md 1.4, 2.1.
"""

from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import (
    SnapStartNotReady,
    function_not_found,
    state_conflict,
)
from headrace.core.functions.function import (
    TEMPLATE_FAILED,
    TEMPLATE_IN_WORK,
    Function,
    Version,
)
from headrace.core.functions.names import LATEST, FunctionReference


def find_invokable(
    reference: FunctionReference, request_id: str, directory: Directory
) -> tuple[int, Function, Version]:
    """Return what is to be invoked; an absent function is named with its version (1.4).

    Raises:
        ResourceNotFound: There is no such function, version or alias.
        SnapStartNotReady: The version's template is still being made.
        ResourceConflict: Its init phase failed.
    """
    _check_function(reference, directory)
    found = directory.find_version(reference, request_id)
    template = found[2].template
    if template == TEMPLATE_IN_WORK:
        raise SnapStartNotReady(
            "Lambda is initializing your function. It will be ready to invoke once your "
            "function state becomes ACTIVE."
        )
    if template == TEMPLATE_FAILED:
        raise state_conflict("Failed")
    return found


def find_accepting(reference: FunctionReference, directory: Directory) -> int:
    """Return the function that takes an asynchronous invoke, in whatever state it is (I6, I7).

    Raises:
        ResourceNotFound: There is no such function, version or alias.
    """
    _check_function(reference, directory)
    return directory.find_version(reference)[0]


def _check_function(reference: FunctionReference, directory: Directory) -> None:
    if reference.qualifier is None:
        number = directory.locate(reference)
        if number is None:
            raise function_not_found(f"{reference.arn}:{LATEST}")
