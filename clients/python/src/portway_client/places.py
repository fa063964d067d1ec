"""Where a request goes: a server, and the proxy on the way to it that the environment asks for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is the value of its header, or nothing."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> Proxy:
        """`http://user:password@host:port`, also without `http://`. ValueError for proxies of other kinds."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"proxies that are spoken to by {parts.scheme} are not supported, only http://host:port")
        login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        basic = f"Basic {base64.b64encode(login.encode()).decode()}" if parts.username else ""
        return cls(parts.hostname, parts.port or PORTS["http"], basic)


@dataclass(frozen=True, slots=True)
class Place:
    """One server. `authority` is as the URL spells it, which a signature may cover."""

    scheme: str
    host: str
    port: int
    authority: str
    proxy: Proxy | None = None

    @property
    def address(self) -> str:
        """Host and port, also for a host that is IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Places:
    """Which server, and which proxy if any. Without `proxies` by scheme those of the environment (HTTPS_PROXY,
    HTTP_PROXY, ALL_PROXY, NO_PROXY) or of the system are used."""

    def __init__(self, proxies: Mapping[str, str] | None = None, bypass: Callable[[str], object] | None = None) -> None:
        self._proxies = getproxies() if proxies is None else proxies
        self._bypass = bypass or (proxy_bypass if proxies is None else lambda _: False)

    def of(self, url: str) -> Place:
        """ValueError where it is no URL, or the proxy of a kind that is not supported."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("a URL must begin with https:// or http:// and name a host")
        spelled, port = parts.netloc.rpartition("@")[2], parts.port or PORTS[parts.scheme]
        host = parts.hostname
        if not spelled.isascii():
            host = host.encode("idna").decode()
            spelled = f"{host}:{port}" if parts.port else host
        found = self._proxies.get(parts.scheme) or self._proxies.get("all")
        proxy = Proxy.at(found) if found and not self._bypass(host) else None
        return Place(parts.scheme, host, port, spelled, proxy)
