"""Which home an index has, by the setting that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefqa.generation import FolderHome

if TYPE_CHECKING:
    from pathlib import Path

    from briefqa.generation import FarHome, Home


def home_of(index: str, folder: Path) -> Home:
    """Return the home that the setting `index` names. folder: where it is built, and is unless it is a database.

    Raises ConfigError for a database whose client is not installed.
    """
    return far_home(index) or FolderHome(folder)


def far_home(index: str, shards: str = "", partition_from: int = 0) -> FarHome | None:
    """Return the database that the setting `index` names, None where it names a folder. Raises as `home_of`.

    shards, partition_from: the settings of these names, for whoever writes.
    """
    from briefqa.postgres import PostgresHome, Wish, is_address  # noqa: PLC0415 - an extra, and nothing for most

    return PostgresHome(index, wish=Wish(partition_from, tuple(shards.split()))) if is_address(index) else None
