"""A catalog of which only some collections are to be seen.

Each table is hidden behind a view of its own name that lets nothing else through, so that no query, now or later, can
forget to ask. SQLite looks a name up among temporary things first (https://sqlite.org/lang_naming.html).
"""

# ruff: noqa: S608 - every name comes from the schema of a catalog

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_IS_SEEN = (
    "CAST(substr(path, 1, max(instr(path, '/') - 1, 0)) AS TEXT) IN (SELECT collection FROM temp.seen_collections)"
)


def restrict(connection: sqlite3.Connection, collections: Iterable[str]) -> None:
    """Show on this connection nothing but these collections. Rows of a table that names no brief are not shown at all.

    A brief that lies in other collections, too, shows its places in these only.
    """
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TEMP TABLE seen_collections (collection TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute(
        "INSERT INTO temp.seen_collections SELECT DISTINCT value FROM json_each(?)", [json.dumps(list(collections))]
    )
    connection.execute("CREATE TEMP TABLE seen_briefs (brief TEXT PRIMARY KEY, path) WITHOUT ROWID")
    connection.execute(
        "INSERT INTO temp.seen_briefs SELECT brief, min(path) FROM "
        "(SELECT brief, path FROM main.files WHERE brief IS NOT NULL UNION SELECT id, path FROM main.briefs) "
        f"WHERE {_IS_SEEN} GROUP BY brief"
    )
    tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        connection.execute(f"CREATE TEMP VIEW {table} AS {_shown(table, columns)}")
    connection.commit()


def _shown(table: str, columns: list[str]) -> str:
    if table == "briefs":
        named = ", ".join(f"seen.{name}" if name == "path" else f"b.{name}" for name in columns)
        return f"SELECT {named} FROM temp.seen_briefs seen JOIN main.briefs b ON b.id = seen.brief"
    if table == "files":
        return f"SELECT * FROM main.files WHERE {_IS_SEEN}"
    condition = "brief IN (SELECT brief FROM temp.seen_briefs)" if "brief" in columns else "FALSE"
    return f"SELECT * FROM main.{table} WHERE {condition}"
