"""Every command of callers has a rule, and the room takes all of them."""

import inspect

from headrace.core.functions import accesscommands, commands
from headrace.core.functions.functions import Functions
from headrace.core.functions.rules import RULES


def test_no_command_is_left_without_someone_who_decides_it():
    named = {
        value
        for module in (commands, accesscommands)
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__
    }
    assert named - {accesscommands.Grant} == set(Functions.commands)
    assert set(RULES) < named
