"""The SQL by which the tables of an index are made, to be read by whoever looks after the database."""

from __future__ import annotations

from importlib.resources import files

from briefqa.postgres.connecting import statements


def ddl(dimension: int) -> str:
    """Return what the first reindex runs, but for rows and approximate indexes. dimension: length of the vectors."""
    names = {"schema": "briefqa_g1", "width": str(dimension + 1)}
    steps = sorted(f"migrations/{step.name}" for step in (files("briefqa.postgres") / "migrations").iterdir())
    head = "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;\nCREATE SCHEMA briefqa;\n"
    home = "\n".join(statements(step) for step in steps if step.endswith(".sql"))
    tables = "\n".join(statements(name, **names) for name in ("tables.sql", "legs.sql", "seen.sql", "indexes.sql"))
    schemas = "-- The first generation.\nCREATE SCHEMA briefqa_g1;\nCREATE SCHEMA briefqa_g1_seen;\n"
    return f"{head}\n{home}\n{schemas}\n{tables}"


def citus_ddl() -> str:
    """Return what spreads the generations to come over the workers of Citus. It was never run."""
    return statements("citus.sql")
