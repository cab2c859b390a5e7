"""The commands that say who may ask: keys create, list, revoke."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefqa.cli.commands import DONE, print_json
from briefqa.cli.settings import settings

if TYPE_CHECKING:
    from briefqa.cli.commands import Commands
    from briefqa.keys import Key, KeyFile


def add(commands: Commands) -> None:
    """Declare the commands of this module."""
    keys = commands.add("keys", _list, "make, list and revoke the keys that say who may ask")
    keys.epilog = (
        "create takes --rights, --collections, --days and --open-webui; `briefqa keys create --help` tells more."
    )
    actions = keys.add_subparsers(metavar="ACTION")

    def action(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(run=run)
        # Also after the action, without undoing what was said before it.
        for flag, metavar, kind in (("--config", "FILE", Path), ("--index", "DIR", str)):
            made.add_argument(flag, metavar=metavar, type=kind, default=argparse.SUPPRESS, help="as for `briefqa keys`")
        made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="as for `briefqa keys`")
        return made

    create = action("create", _create, "make a key and print it, once")
    create.add_argument("name", metavar="NAME", help="who uses it, for people")
    create.add_argument(
        "--rights", default="read", metavar="LIST", help="by comma: read, reindex, admin (default: read)"
    )
    create.add_argument("--collections", metavar="LIST", help="by comma, those that it may see (default: all)")
    create.add_argument("--days", type=int, default=0, metavar="N", help="until it expires (default: never)")
    create.add_argument(
        "--open-webui", action="store_true", help="its chats get Open WebUI's own source events, with the quotes"
    )
    action("list", _list, "list the keys, without their secrets")
    revoke = action("revoke", _revoke, "revoke a key, at once and for ever")
    revoke.add_argument("id", metavar="ID", help="as `briefqa keys list` shows it")


def _keys(arguments: argparse.Namespace) -> KeyFile:
    from briefqa.keys import FILE, KeyFile

    config = settings(arguments, index=arguments.index)
    return KeyFile(Path(config.keys_file) if config.keys_file else Path(config.folder) / FILE)


def _create(arguments: argparse.Namespace) -> int:
    collections = None if arguments.collections is None else _parts(arguments.collections)
    key, secret = _keys(arguments).create(
        arguments.name,
        rights=_parts(arguments.rights),
        collections=collections,
        days=arguments.days,
        open_webui=arguments.open_webui,
    )
    if arguments.json:
        print_json({**_told(key), "key": secret})
    else:
        print(secret)
        print("This is shown once. From now on, whoever asks needs a key.")
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    keys = _keys(arguments).keys()
    if arguments.json:
        print_json([_told(key) for key in keys])
        return DONE
    if not keys:
        print("There are no keys: whoever reaches the server may ask.")
    for key in keys:
        seen = "all collections" if key.collections is None else ", ".join(key.collections) or "no collection"
        state = "revoked" if key.revoked else "good" if key.is_good() else "expired"
        until = f", until {key.expires}" if key.expires else ""
        print(f"{key.id}  {state}{until}  {'+'.join(key.rights)}  {seen}  {key.name}")
    return DONE


def _revoke(arguments: argparse.Namespace) -> int:
    key = _keys(arguments).revoke(arguments.id)
    if arguments.json:
        print_json(_told(key))
    else:
        print(f"Key {key.id} is revoked.")
    return DONE


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _told(key: Key) -> dict[str, Any]:
    """All that is kept of a key but its hash."""
    return {name: value for name, value in asdict(key).items() if name != "digest"}
