"""Question answering over briefs that keeps their footnotes.

Import what you need from the modules; the package root holds nothing but the clients of a running server, and imports
them when they are asked for, so that importing one part never loads the others (see ARCHITECTURE.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from briefqa.client import AsyncClient, Client

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> Any:
    if name in {"AsyncClient", "Client"}:
        from briefqa import client  # noqa: PLC0415 - see above

        return getattr(client, name)
    raise AttributeError(f"module 'briefqa' has no attribute {name!r}")
