"""Reads the SQL files beside it: statements by name, each with a sentence."""

from pathlib import Path

from headrace.store.statements import named_statements


def read_script(file: str) -> str:
    """Return the text of an SQL file of this folder."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")


def read_statements(file: str) -> dict[str, str]:
    """Return the statements of an SQL file of this folder by name."""
    return named_statements(read_script(file), file)


#: The statements of queries.sql.
SQL = read_statements("queries.sql")
