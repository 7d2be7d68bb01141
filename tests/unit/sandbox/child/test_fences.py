"""The seccomp program decides as its table says: run here, instruction by instruction."""

import errno
import importlib
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).parents[4] / "src" / "headrace" / "sandbox" / "child"

ALLOW = 0x7FFF0000
REFUSE = 0x00050000
KILL = 0x80000000
X86 = 0xC000003E
ARM = 0xC00000B7


def load_fences():
    """Import the program as its neighbours do: by its plain name, from its own folder."""
    sys.path.insert(0, str(CHILD))
    try:
        return importlib.import_module("fences")
    finally:
        sys.path.remove(str(CHILD))


fences = load_fences()


def decide(program, architecture, number, argument=0):
    """Interpret a classic BPF program on one system call."""
    words = {0: number, 4: architecture, 16: argument}
    position = accumulator = 0
    while True:
        step = program[position]
        position += 1
        if step.code == 0x20:
            accumulator = words[step.k]
        elif step.code == 0x06:
            return step.k
        elif step.code == 0x05:
            position += step.k
        else:
            holds = {
                0x15: accumulator == step.k,
                0x35: accumulator >= step.k,
                0x45: bool(accumulator & step.k),
            }[step.code]
            position += step.jump_true if holds else step.jump_false


@pytest.fixture(params=[("x86_64", X86, 1, 56), ("aarch64", ARM, 2, 220)])
def machine(request, monkeypatch):
    """A machine, its number in audit records, its column in the table, its clone()."""
    name, architecture, column, clone = request.param
    monkeypatch.setattr(fences.kernel, "MACHINE", name)
    monkeypatch.setattr(fences.kernel, "X86", name == "x86_64")
    monkeypatch.setattr(fences, "_CLONE", clone)
    return fences.compile_filter(), architecture, column, clone


def test_every_call_is_decided_as_the_table_says(machine):
    program, architecture, column, clone = machine
    refused = {row[column] for row in fences._REFUSED if row[column] is not None}
    for number in range(600):
        expected = ALLOW
        if number in refused:
            expected = REFUSE | errno.EPERM
        elif number == 435:
            expected = REFUSE | errno.ENOSYS
        assert decide(program, architecture, number) == expected, number
    assert clone not in refused


@pytest.mark.parametrize("flag", [0x20000, 0x02000000, 0x10000000, 0x20000000, 0x40000000])
def test_processes_may_be_made_but_no_namespaces(machine, flag):
    program, architecture, _, clone = machine
    assert decide(program, architecture, clone, 0x11) == ALLOW
    assert decide(program, architecture, clone, 0x3D0F00) == ALLOW
    assert decide(program, architecture, clone, flag | 0x11) == REFUSE | errno.EPERM


def test_another_architecture_is_killed(machine):
    program, architecture, _, _ = machine
    assert decide(program, architecture ^ 1, 0) == KILL


def test_the_numbers_of_x32_do_not_exist():
    if fences.kernel.MACHINE != "x86_64":
        pytest.skip("x32 is an ABI of x86-64")
    assert decide(fences.compile_filter(), X86, 0x40000000 + 165) == REFUSE | errno.ENOSYS


def test_an_unknown_machine_has_no_program(monkeypatch):
    monkeypatch.setattr(fences.kernel, "MACHINE", "riscv64")
    assert fences.compile_filter() is None
