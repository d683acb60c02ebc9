"""Only checked, public addresses are connected to, for any URL, name and redirect.

The real fetcher runs here, over a resolver and a network of the test's own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import httpcore2
import pytest

from core.article.fetcher import Fetcher, Page
from core.article.resolver import IPAddress
from core.article.ssrf_guard import GuardedBackend
from core.errors import ArticleBlocked, ArticleTimeout, ArticleUnreachable
from core.http.problems import problem
from tests.support.hostile_server import answer

PUBLIC = "93.184.215.14"
BODY = b"<html><p>An article.</p></html>"


class Names:
    """A resolver. `sequences` answers each look-up with the next list; "TIMEOUT" never answers."""

    def __init__(self, names: Mapping[str, Any], sequences: Mapping[str, Any] | None = None) -> None:
        self._names = names
        self._sequences = {host: list(answers) for host, answers in (sequences or {}).items()}
        self.looked_up: list[str] = []

    async def __call__(self, host: str, port: int) -> list[IPAddress]:
        self.looked_up.append(host)
        answers = self._names.get(host, [])
        if sequence := self._sequences.get(host):
            answers = sequence.pop(0) if len(sequence) > 1 else sequence[0]
        if answers == "TIMEOUT":
            await asyncio.sleep(60)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [ipaddress.ip_address(answer) for answer in answers]


class Network(httpcore2.AsyncNetworkBackend):
    """Every address answers like the same site, except `closed` and `silent` ones."""

    def __init__(
        self,
        redirects: Sequence[str] = (),
        *,
        endless: bool = False,
        **kinds: Iterable[str],
    ) -> None:
        self.redirects = redirects
        self.status = 302
        self.endless = endless
        self._closed, self._silent = kinds.get("closed", ()), kinds.get("silent", ())
        self.dialled: list[tuple[str, int]] = []
        self.requests: list[str] = []
        self.server_names: list[str | None] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        if host in self._closed:
            raise httpcore2.ConnectError("refused")
        if host in self._silent:
            await asyncio.sleep(60)
        return Connection(self)

    def reply(self) -> bytes:
        at = len(self.requests) - 1
        if at < len(self.redirects) or self.endless:
            location = self.redirects[min(at, len(self.redirects) - 1)].replace("\r\n", "\r\n ")
            return answer(status=self.status, headers={"Location": location, "Set-Cookie": "a=b"})
        return answer(BODY)


class Connection(httpcore2.AsyncNetworkStream):
    def __init__(self, network: Network) -> None:
        self._network = network
        self._written = b""
        self._reply: bytes | None = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._written += buffer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._reply is None:
            self._network.requests.append(self._written.decode())
            self._reply = self._network.reply()
        data, self._reply = self._reply[:max_bytes], self._reply[max_bytes:]
        return data

    async def aclose(self) -> None:
        pass

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Connection:
        assert ssl_context.check_hostname
        assert ssl_context.verify_mode is ssl.CERT_REQUIRED
        self._network.server_names.append(server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


def guarded(names: Names, network: Network, **options: Any) -> Callable[[Collection[str]], GuardedBackend]:
    return partial(GuardedBackend, resolve=names, dial=network, **options)


async def fetched(url: str, names: Mapping[str, Any], network: Network, **options: Any) -> Page:
    return await Fetcher(backend=guarded(Names(names), network), **options).fetch(url, seconds=0.3)


def named(hosts: Iterable[str], addresses: list[str]) -> dict[str, list[str]]:
    return dict.fromkeys(hosts, addresses)


BLOCKED: dict[str, list[str]] = {
    "http://127.0.0.1/": [],
    "http://127.1/": [],
    "http://2130706433/": [],
    "http://0x7f000001/": [],
    "http://0177.0.0.1/": [],
    "http://0x7f.0.1/": [],
    "http://0xA9.254.0251.254/": [],
    "http://6425673729/": [],  # 2^32 more than 127.0.0.1
    "http://0/": [],
    "http://169.254.170.23/v1/": [],
    "http://metadata.google.internal/": ["169.254.169.254"],
    "http://instance.internal/": ["fd00:ec2::254"],
    "http://198.18.0.1/": [],
    "http://192.0.0.8/": [],
    "http://203.0.113.9/": [],
    "http://127.0.0.1./": [],
    "http://169.254.169.254/latest/meta-data/": [],
    "http://169.254.170.2/v2/credentials": [],
    "http://168.63.129.16/": [],
    "http://100.100.100.200/": [],
    "http://224.0.0.1/": [],
    "http://[::1]/": [],
    "http://[::]/": [],
    "http://[::ffff:8.8.8.8]/": [],
    "http://[::ffff:7f00:1]/": [],
    "http://[64:ff9b::7f00:1]/": [],
    "http://[2002:7f00:1::]/": [],
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/": [],
    "http://[fd00:ec2::254]/": [],
    "http://[fe80::1%25eth0]/": [],
    "http://[ff02::1]/": [],
    "http://localhost/": ["127.0.0.1", "::1"],
    "http://intranet/": [PUBLIC],
    "http://private.example/": ["10.0.0.1"],
    "http://mixed.example/": [PUBLIC, "127.0.0.1"],
    "http://mixed6.example/": [PUBLIC, "::1"],
    "http://mapped.example/": [f"::ffff:{PUBLIC}"],
    "http://nat64.example/": ["64:ff9b::a9fe:a9fe"],
    "http://zone.example/": ["fe80::1%lo"],
    "http://unknown.example/": [],
    "http://user@example.com/": [PUBLIC],
    "http://example.com\\@127.0.0.1/": [PUBLIC],
    "http://127.0.0.1\t.example.com/": [PUBLIC],
    "http://example.com:22/": [PUBLIC],
    "http://example.com:８０/": [PUBLIC],
    "http://ｅxample.com/": [PUBLIC],
    "http://example。com/": [PUBLIC],
    "http://①②⑦.⓪.⓪.①/": [PUBLIC],
    "http://١٢٧.٠.٠.١/": [PUBLIC],
    "http://\u212aubernetes.example/": [PUBLIC],
    "http://loc\u00adalhost.example/": [PUBLIC],
    "http://xn--a.example/": [PUBLIC],
    "http://xn--localhost-.example/": [PUBLIC],
    f"http://{'a.' * 127}com/": [PUBLIC],
    "gopher://example.com/": [PUBLIC],
    "//example.com/": [PUBLIC],
}


@pytest.mark.parametrize(("url", "addresses"), BLOCKED.items(), ids=ascii)
async def test_an_address_that_is_not_public_is_never_connected_to(url: str, addresses: list[str]) -> None:
    network = Network()
    host = url.partition("//")[2].partition("/")[0]
    hosts = ("kubernetes.example", "example.com", "xn--a.example")
    with pytest.raises(ArticleBlocked) as caught:
        await fetched(url, {**named(hosts, [PUBLIC]), host: addresses}, network)
    assert caught.value.kind == "article-blocked"
    assert network.dialled == []


@pytest.mark.parametrize(
    ("url", "addresses", "dialled"),
    [
        pytest.param("http://example.com", [PUBLIC], (PUBLIC, 80), id="http"),
        pytest.param("https://example.com/", [PUBLIC], (PUBLIC, 443), id="https"),
        pytest.param("http://example.com:443/", [PUBLIC], (PUBLIC, 443), id="other web port"),
        pytest.param("https://example.com./", [PUBLIC], (PUBLIC, 443), id="trailing dot"),
        pytest.param("http://v6.example/", ["2606:4700::1111"], ("2606:4700::1111", 80), id="AAAA"),
        pytest.param("http://two.example/", [PUBLIC, "1.1.1.1"], (PUBLIC, 80), id="two addresses"),
        pytest.param("http://bücher.example/", [PUBLIC], (PUBLIC, 80), id="international"),
        pytest.param("http://127.0.0.1.example.com/", [PUBLIC], (PUBLIC, 80), id="address as labels"),
        pytest.param("http://9.255.255.255/", [], ("9.255.255.255", 80), id="literal"),
        pytest.param("https://[2a00:1450:4001::200e]/", [], ("2a00:1450:4001::200e", 443), id="IPv6 literal"),
    ],
)
async def test_a_public_page_is_fetched_from_the_checked_address(
    url: str, addresses: list[str], dialled: tuple[str, int]
) -> None:
    network = Network()
    hosts = ("example.com", "v6.example", "two.example", "xn--bcher-kva.example", "127.0.0.1.example.com")
    page = await fetched(url, named(hosts, addresses), network)
    assert page.body == BODY
    assert network.dialled == [dialled]


async def test_host_and_server_name_stay_those_of_the_url() -> None:
    network = Network()
    await fetched("https://example.com/a%2fb%00?q=☃", {"example.com": [PUBLIC]}, network)
    head = network.requests[0]
    assert head.startswith("GET /a%2fb%00?q=%E2%98%83 HTTP/1.1\r\n")
    assert "\r\nHost: example.com\r\n" in head
    assert network.server_names == ["example.com"]


async def test_the_next_checked_address_is_tried_when_one_refuses() -> None:
    network = Network(closed=["1.1.1.1"])
    await fetched("http://two.example/", {"two.example": ["1.1.1.1", PUBLIC]}, network)
    assert network.dialled == [("1.1.1.1", 80), (PUBLIC, 80)]


async def test_a_name_is_looked_up_once_a_hop_so_that_it_cannot_be_rebound() -> None:
    network = Network()
    names = Names({}, {"rebind.example": [[PUBLIC], ["169.254.169.254"]]})
    web = Fetcher(backend=guarded(names, network))
    await web.fetch("http://rebind.example/", seconds=1)
    assert (names.looked_up, network.dialled) == (["rebind.example"], [(PUBLIC, 80)])
    with pytest.raises(ArticleBlocked):
        await web.fetch("http://rebind.example/", seconds=1)
    assert network.dialled == [(PUBLIC, 80)]


async def test_a_name_that_is_rebound_between_two_hops_is_checked_again() -> None:
    network = Network(["/next"])
    names = Names({}, {"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    with pytest.raises(ArticleBlocked):
        await Fetcher(backend=guarded(names, network)).fetch("http://rebind.example/", seconds=1)
    assert network.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "//127.0.0.1/",
        "http://private.example/",
        "http://unknown.example/",
        "http://user:pw@example.com/",
        "http://example.com:22/",
        "https://example.com:8443/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/html,a",
        "ht\ttp://127.0.0.1/",
        "\\\\127.0.0.1\\",
        "http:\\\\127.0.0.1\\a",
        "/\\127.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "http://",
    ],
    ids=ascii,
)
async def test_a_redirect_passes_the_whole_check(location: str) -> None:
    network = Network([location])
    names = {"example.com": [PUBLIC], "private.example": ["10.0.0.1"]}
    with pytest.raises(ArticleBlocked):
        await fetched("http://example.com/", names, network)
    assert network.dialled == [(PUBLIC, 80)]


async def test_five_redirects_are_followed_over_schemes_and_hosts_with_each_hosts_own_cookies() -> None:
    network = Network(["/1", "https://b.example/2", "3?x=y", "http://a.example/4", "#same"])
    page = await fetched("http://a.example/", {"a.example": [PUBLIC], "b.example": ["1.1.1.1"]}, network)
    assert page.url == "http://a.example/4"
    assert [port for _, port in network.dialled] == [80, 80, 443, 443, 80, 80]
    assert ["cookie: a=b" in head.lower() for head in network.requests] == [
        False,
        True,
        False,
        True,
        True,
        True,
    ]
    assert not any("referer" in head.lower() for head in network.requests)


async def test_a_sixth_redirect_is_not_followed() -> None:
    network = Network(["/again"], endless=True)
    with pytest.raises(ArticleUnreachable):
        await fetched("http://a.example/", {"a.example": [PUBLIC]}, network)
    assert len(network.requests) == 6


async def test_no_connection_is_used_again() -> None:
    network = Network()
    web = Fetcher(backend=guarded(Names({"a.example": [PUBLIC]}), network))
    await asyncio.gather(*(web.fetch("http://a.example/", seconds=1) for _ in range(3)))
    assert len(network.dialled) == len(network.requests) == 3


@pytest.mark.parametrize(
    ("addresses", "seconds"),
    [
        pytest.param(["10.0.0.1"], 5, id="private"),
        pytest.param(["240.0.0.1"], 5, id="reserved"),
        pytest.param(["1.1.1.1"], 5, id="closed"),
        pytest.param(["1.0.0.1"], 0.05, id="filtered"),
        pytest.param([], 5, id="unresolvable"),
        pytest.param("TIMEOUT", 0.05, id="name server silent"),
    ],
)
async def test_blocked_reserved_closed_and_unresolvable_look_the_same(addresses: Any, seconds: float) -> None:
    network = Network(closed=["1.1.1.1"], silent=["1.0.0.1"])
    web = Fetcher(backend=guarded(Names({"a.example": addresses}), network))
    with pytest.raises(ArticleBlocked) as caught:
        await web.fetch("http://a.example/", seconds=seconds)
    error, plain = caught.value, ArticleBlocked()
    assert problem(error, instance="/").body == problem(plain, instance="/").body
    assert error.reason  # for the log
    assert error.permanent is True  # remembered or not, it must be the same


async def test_a_name_server_that_never_answers_has_a_deadline_of_its_own() -> None:
    web = Fetcher(backend=guarded(Names({"a.example": "TIMEOUT"}), Network(), connect_seconds=0.02))
    with pytest.raises(ArticleBlocked) as caught:
        await web.fetch("http://a.example/", seconds=5)
    assert "TimeoutError" in (caught.value.reason or "")


async def test_an_exempt_host_says_what_is_wrong_with_it() -> None:
    network = Network(closed=["127.0.0.1"], silent=["127.0.0.2"])
    web = Fetcher(
        allow_hosts=["here.example:80", "there.example:80"],
        backend=guarded(Names({"here.example": ["127.0.0.1"], "there.example": ["127.0.0.2"]}), network),
    )
    with pytest.raises(ArticleUnreachable):
        await web.fetch("http://here.example/", seconds=1)
    with pytest.raises(ArticleTimeout):
        await web.fetch("http://there.example/", seconds=0.05)


async def test_an_exemption_is_for_one_port_of_one_host() -> None:
    names = {"here.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    allowed = ["here.example:80"]
    network = Network()
    assert (await fetched("http://here.example/", names, network, allow_hosts=allowed)).body == BODY
    assert (await fetched("http://[::1]:8080/", {}, network, allow_hosts=["[::1]:8080"])).body == BODY
    for url in ("https://here.example/", "http://other.example/", "http://127.0.0.1/"):
        with pytest.raises(ArticleBlocked):
            await fetched(url, names, network, allow_hosts=allowed)


@pytest.mark.parametrize(
    ("url", "permitted"),
    [
        ("http://news.example/", True),
        ("http://www.News.example/", True),
        ("http://news.example.evil.example/", False),
        ("http://evilnews.example/", False),
        ("http://away.news.example/", False),  # it redirects to a host that is not listed
    ],
)
async def test_allowed_domains_narrow_every_hop(url: str, permitted: bool) -> None:
    network = Network(["http://evil.example/"] if "away" in url else [])
    hosts = "news www.news news.example.evil evilnews away.news evil".split()
    names = named((f"{host}.example" for host in hosts), [PUBLIC])
    fetching = fetched(url, names, network, allowed_domains=["news.example", "*.NEWS.example"])
    if permitted:
        assert (await fetching).body == BODY
    else:
        with pytest.raises(ArticleBlocked):
            await fetching
    assert len(network.dialled) == ("news.example/" in url.lower() and "evilnews" not in url)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    network = Network()
    for scheme in ("http", "https"):
        await fetched(f"{scheme}://a.example/", {"a.example": [PUBLIC]}, network)
    assert network.dialled == [(PUBLIC, 80), (PUBLIC, 443)]
