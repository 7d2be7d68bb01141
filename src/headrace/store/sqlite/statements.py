"""Reads the SQL files beside it: statements by name, each with a sentence."""

from pathlib import Path


def read_script(file: str) -> str:
    """Return the text of an SQL file of this folder."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")


def read_statements(file: str) -> dict[str, str]:
    """Return the statements of an SQL file by name.

    Each begins with a line `-- name: What it does.`
    """
    statements: dict[str, str] = {}
    for part in ("\n" + read_script(file)).split("\n-- ")[1:]:
        heading, _, sql = part.partition("\n")
        name, colon, _ = heading.partition(": ")
        assert colon, f"{file}: {heading!r} has no sentence"
        assert name not in statements, f"{file}: two statements are named {name}"
        statements[name] = sql.strip()
    return statements


#: The statements of queries.sql.
SQL = read_statements("queries.sql")
