"""The SQL files beside it: the schema's scripts in order, and the statements by name."""

from pathlib import Path

from headrace.store.statements import named_statements

_FOLDER = Path(__file__).parent

#: What brings an empty database to format 1, that one to format 2, and so on.
SCRIPTS = tuple((_FOLDER / file).read_text(encoding="utf-8") for file in ("schema.sql",))

#: The statements of queries.sql.
SQL = named_statements((_FOLDER / "queries.sql").read_text(encoding="utf-8"), "queries.sql")
