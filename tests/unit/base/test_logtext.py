"""Lines of logs on their way."""

from headrace.base.logtext import INNER_END, plain


def test_lines_are_shown_each_on_its_own():
    lines = b"one\n" + b"two" + INNER_END + b"lines\n" + b"no end" + INNER_END + b"\nlast\n"
    assert plain(lines) == b"one\ntwo\nlines\nno end\nlast\n"
    assert plain(b"one\n") == b"one\n"
