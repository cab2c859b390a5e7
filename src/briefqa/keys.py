"""API keys: made, listed, revoked, and looked up. A file keeps their hashes; the keys themselves are shown once.

A key is `bq_`, eight characters that name it, and 32 random bytes. Because they are random, one round of SHA-256 is
enough: there is nothing to guess that a slow hash would protect.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RIGHTS = ("read", "reindex", "admin")
"""What a key may be good for. Each one includes nothing else: a key that reindexes does not read."""

FILE = "keys.json"
"""Beside the index, unless the setting `keys_file` names another."""

_KEY = re.compile(r"bq_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. collections: those that it may see, None for all. expires: ISO 8601, UTC, "" for never.

    open_webui: its chats get Open WebUI's own events instead of annotations.
    """

    id: str
    name: str
    digest: str
    rights: tuple[str, ...]
    collections: tuple[str, ...] | None
    created: str
    expires: str = ""
    revoked: str = ""
    open_webui: bool = False

    def is_good(self, now: datetime | None = None) -> bool:
        """Tell whether it is neither revoked nor expired."""
        moment = now or datetime.now(UTC)
        return not self.revoked and not (self.expires and moment >= datetime.fromisoformat(self.expires))


class KeyFile:
    """The file of keys. Running servers notice every change at their next request."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def keys(self) -> list[Key]:
        """All keys, the oldest first. Raises ConfigError where the file cannot be read or is no file of keys."""
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConfigError(f"Cannot read the keys in {self._file}: {error.strerror}.") from error
        # A change makes a new file, so that one of these differs even within the clock's grain.
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._keys = {key.id: key for key in _read(self._file)}
            self._seen = seen
        return list(self._keys.values())

    def find(self, secret: str) -> Key | None:
        """Find the key that somebody shows; None if there is none, or if it is revoked or expired.

        Raises as `keys` does. How long it takes tells nothing of the digest.
        """
        said = _KEY.fullmatch(secret)
        kept = {key.id: key for key in self.keys()}.get(said[1]) if said else None
        same = hmac.compare_digest(kept.digest if kept else "", digest_of(secret))
        return kept if kept and same and kept.is_good() else None

    def create(
        self,
        name: str,
        *,
        rights: Iterable[str] = ("read",),
        collections: Iterable[str] | None = None,
        days: int = 0,
        open_webui: bool = False,
    ) -> tuple[Key, str]:
        """Make a key and return it with its secret, which is kept nowhere. days: until it expires; 0: never.

        open_webui: as `Key` has it.

        Raises ConfigError for a right that there is not, a name that is no text of one line, or an unwritable file.
        """
        wanted = tuple(dict.fromkeys(rights))
        if not wanted or not set(wanted) <= set(RIGHTS):
            raise ConfigError(f"rights: choose from {', '.join(RIGHTS)}.")
        if "admin" in wanted and collections is not None:
            raise ConfigError("Who administers sees the failures of all collections: leave the collections out.")
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise ConfigError("The name of a key is one line of up to 100 characters: say who uses it.")
        if not 0 <= days <= 36500:
            raise ConfigError("days: choose a number from 0 (never expires) to 36500.")
        key_id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))
        secret = f"bq_{key_id}_{secrets.token_urlsafe(32)}"
        now = datetime.now(UTC)
        key = Key(
            id=key_id,
            name=name,
            digest=digest_of(secret),
            rights=wanted,
            collections=None if collections is None else tuple(sorted(set(collections))),
            created=_told(now),
            expires=_told(now + timedelta(days=days)) if days else "",
            open_webui=open_webui,
        )
        with self._writing():
            self._write([*self.keys(), key])
        return key, secret

    def revoke(self, key_id: str) -> Key:
        """Revoke a key, at once and for ever. Raises NotFound."""
        with self._writing():
            keys = self.keys()
            found = next((key for key in keys if key.id == key_id), None)
            if found is None:
                raise NotFound(f"There is no key {key_id!r}: `briefqa keys list` names them.")
            revoked = replace(found, revoked=found.revoked or _told(datetime.now(UTC)))
            self._write([revoked if key is found else key for key in keys])
        return revoked

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep other writers out meanwhile, so that no key is lost."""
        lock = self._file.with_name(f".{self._file.name}.lock")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise ConfigError(f"Cannot write keys to {self._file}: {error.strerror}.") from error
        try:
            with suppress(ImportError):  # Windows has no fcntl
                import fcntl  # noqa: PLC0415

                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, keys: list[Key]) -> None:
        text = json.dumps({"format": _FORMAT, "keys": [asdict(key) for key in keys]}, indent=2)
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self._file.name}.", dir=self._file.parent)  # mode 600
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(text + "\n")
                opened.flush()
                os.fsync(opened.fileno())
            Path(name).replace(self._file)
        except OSError as error:
            raise ConfigError(f"Cannot write keys to {self._file}: {error.strerror}.") from error


def digest_of(secret: str) -> str:
    """Hash a key as the file keeps it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _read(file: Path) -> list[Key]:
    try:
        said = json.loads(file.read_bytes())
        if said["format"] != _FORMAT:
            raise ConfigError(f"{file} was written by another version of briefqa.")
        return [
            Key(
                **{
                    **one,
                    "rights": tuple(one["rights"]),
                    "collections": None if one["collections"] is None else tuple(one["collections"]),
                }
            )
            for one in said["keys"]
        ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{file} is not a file of keys, or cannot be read ({error}): nobody is let in.") from error


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
