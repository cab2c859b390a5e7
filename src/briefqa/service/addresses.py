"""How the outside world sees the server: the address that answers are built from, and proxies that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from briefqa.errors import ConfigError
from briefqa.shapes import Links

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Network, IPv6Network

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from briefqa.service.access import Reader

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Addressing:
    """public_url: what addresses begin with; "": what each request was sent to. proxies: who may say what that was.

    loopback: the server listens to this machine only.
    """

    public_url: str = ""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    loopback: bool = False

    @property
    def hosts(self) -> list[str]:
        """The Host headers that are to be taken, empty for any. Any would let a page anywhere ask at this machine."""
        if not (self.public_url or self.loopback):
            return []
        own = [f"{name}{port}" for name in _LOOPBACK for port in ("", ":*")]
        return [*own, urlsplit(self.public_url).netloc] if self.public_url else own

    @property
    def origins(self) -> list[str]:
        """The Origin headers that go with `hosts`."""
        return [f"{scheme}://{host}" for host in self.hosts for scheme in ("http", "https")]


def addressing(public_url: str, trusted_proxies: str, host: str) -> Addressing:
    """Understand the settings. trusted_proxies: addresses or networks, parted by commas. Raises ConfigError."""
    parts = urlsplit(public_url)
    if public_url and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        raise ConfigError(f'public_url = "{public_url}" is no address: write it like "https://briefs.example.org".')
    try:
        proxies = tuple(ip_network(text.strip()) for text in trusted_proxies.split(",") if text.strip())
    except ValueError as error:
        raise ConfigError(f"trusted_proxies: {error}. Write addresses or networks, parted by commas.") from error
    return Addressing(public_url.rstrip("/"), proxies, host in {"127.0.0.1", "localhost", "::1"})


def links_of(request: Request, reader: Reader | None = None) -> Links:
    """Make addresses as this client sees the server. reader: they lead to the generation as of which it asks."""
    known: Addressing = request.app.state.addressing
    generation = reader.generation if reader else None
    return Links(known.public_url or str(request.base_url).rstrip("/"), generation or "")


class Forwarded:
    """ASGI middleware: takes scheme, host, path prefix and client from the X-Forwarded headers of trusted proxies.

    Those of anybody else are taken away, so that nothing after it can believe them.
    """

    def __init__(self, app: ASGIApp, known: Addressing) -> None:
        self.app = app
        self.known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the outside world sent it."""
        if scope["type"] in {"http", "websocket"}:
            scope = dict(scope, headers=list(scope["headers"]))
            if self.known.public_url:
                scope["root_path"] = urlsplit(self.known.public_url).path
            if self._trusted((scope.get("client") or ("",))[0]):
                _apply(scope, self._client)
            # Guards and routes look at the path below the prefix, whether the proxy has taken that away or not.
            prefix = scope.get("root_path", "")
            if prefix and f"{scope['path']}/".startswith(f"{prefix}/"):
                scope["path"] = scope["path"].removeprefix(prefix) or "/"
            headers = MutableHeaders(scope=scope)
            for name in ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "forwarded"):
                del headers[name]
        await self.app(scope, receive, send)

    def _trusted(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.known.proxies)
        except ValueError:
            return False

    def _client(self, chain: str) -> str:
        """The last of a chain of addresses that no proxy of ours has."""
        addresses = [text.strip() for text in chain.split(",") if text.strip()]
        return next((text for text in reversed(addresses) if not self._trusted(text)), "")


def _apply(scope: Scope, client_of: Callable[[str], str]) -> None:
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", "").lower()
    if scheme in {"http", "https"}:
        scope["scheme"] = scheme
    host = headers.get("x-forwarded-host", "")
    if host and "," not in host:
        MutableHeaders(scope=scope)["host"] = host
    prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
    if prefix.startswith("/"):
        scope["root_path"] = prefix
    client = client_of(headers.get("x-forwarded-for", ""))
    if client:
        scope["client"] = (client, 0)
