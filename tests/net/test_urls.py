"""A web address: repaired where a person or a server wrote it; then split into its parts, or refused."""

from __future__ import annotations

import re
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ArticleBlocked
from core.net.urls import pasted, redirected, web_address

HOSTS = st.lists(
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, max_size=3
).map(lambda labels: ".".join([*labels, "com"]))
PATHS = st.from_regex(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]{0,8}){0,3}", fullmatch=True)
QUERIES = st.from_regex(r"(\?[a-z0-9=&%+/?-]{0,12})?", fullmatch=True)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("example.com", id="no-scheme"),
        pytest.param("//example.com/", id="no-scheme-but-slashes"),
        pytest.param("http:/example.com", id="one-slash"),
        pytest.param("http:example.com", id="no-slash"),
        pytest.param("http:///example.com", id="three-slashes"),
        pytest.param("http://", id="no-host"),
        pytest.param("http://./", id="only-a-dot"),
        pytest.param("http://a..example/", id="empty-label"),
        pytest.param("http://example.com../", id="two-trailing-dots"),
        pytest.param("http://-a.example/", id="leading-hyphen"),
        pytest.param("http://a-.example/", id="trailing-hyphen"),
        pytest.param(f"http://{'a' * 64}.example/", id="label-too-long"),
        pytest.param(f"http://{'a.' * 130}example/", id="host-too-long"),
        pytest.param("http://ex%61mple.com/", id="escaped-host"),
        pytest.param("http://exa mple.com/", id="space-in-host"),
        pytest.param("http://example.com/a b", id="space-in-path"),
        pytest.param(" http://example.com/", id="leading-space"),
        pytest.param("http://example.com/\u00a0a", id="no-break-space"),
        pytest.param("http://example.com/\n", id="newline-at-the-end"),
        pytest.param("ht\ntp://example.com/", id="newline-in-the-scheme"),
        pytest.param("http://exam\tple.com/", id="tab"),
        pytest.param("http://example.com/\x00", id="nul"),
        pytest.param("http://example.com\\@evil.example/", id="backslash"),
        pytest.param("http://example.com/\ud800", id="lone-surrogate"),
        pytest.param("http://user@example.com/", id="name"),
        pytest.param("http://user:password@example.com/", id="name-and-password"),
        pytest.param("http://example.com:80@evil.example/", id="host-as-password"),
        pytest.param("http://@example.com/", id="empty-name"),
        pytest.param("ftp://example.com/", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("gopher://example.com/", id="gopher"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("http://example.com:22/", id="ssh-port"),
        pytest.param("http://example.com:0/", id="port-zero"),
        pytest.param("http://example.com:65616/", id="port-that-wraps-to-80"),
        pytest.param("http://example.com:+80/", id="port-with-a-sign"),
        pytest.param("http://example.com:８０/", id="wide-port"),
        pytest.param("http://2130706433/", id="decimal-address"),
        pytest.param("http://0x7f000001/", id="hex-address"),
        pytest.param("http://0x7f.0x0.0x0.0x1/", id="dotted-hex"),
        pytest.param("http://0177.0.0.1/", id="octal"),
        pytest.param("http://127.1/", id="short-address"),
        pytest.param("http://1.2.3.4.5/", id="five-parts"),
        pytest.param("http://example.0x/", id="number-as-last-label"),
        pytest.param("http://[::1/", id="open-bracket"),
        pytest.param("http://[::1%25eth0]/", id="zone"),
        pytest.param("http://[fe80::1%eth0]/", id="plain-zone"),
        pytest.param("http://[v1.a]/", id="future-address"),
        pytest.param("http://[127.0.0.1]/", id="ipv4-in-brackets"),
        pytest.param("http://[::1]example.com/", id="text-after-the-bracket"),
        pytest.param("http://[::1]]/", id="two-closing-brackets"),
        pytest.param("http://example.com[::1]/", id="text-before-the-bracket"),
        pytest.param("http://例 え.jp/", id="international-with-a-space"),
        pytest.param("http://exa\u2100mple.com/", id="sign-that-unfolds-to-a-slash"),
        pytest.param("http://ｅxample.com/", id="wide-letter"),
        pytest.param("http://example。com/", id="ideographic-dot"),
        pytest.param("http://example．com/", id="wide-dot"),
        pytest.param("http://example.com\u3002/", id="ideographic-trailing-dot"),
        pytest.param("http://\u212aelvin.example/", id="kelvin-sign"),
        pytest.param("http://long\u017f.example/", id="long-s"),
        pytest.param("http://soft\u00adhyphen.example/", id="soft-hyphen"),
        pytest.param("http://bu\u0308cher.example/", id="letter-in-two-parts"),
        pytest.param("http://①②⑦.⓪.⓪.①/", id="circled-digits"),
        pytest.param("http://𝟙𝟚𝟟.0.0.1/", id="mathematical-digits"),
        pytest.param("http://١٢٧.٠.٠.١/", id="arabic-digits"),
        pytest.param("http://xn--a.example/", id="bad-punycode"),
        pytest.param("http://xn--localhost-.example/", id="bad-punycode-of-ascii"),
        pytest.param("http://a.XN--.example/", id="empty-punycode"),
        pytest.param("http://intranet/", id="single-label"),
        pytest.param("http://localhost./", id="single-label-with-a-dot"),
        pytest.param(f"http://example.com/{'a' * 2_048}", id="too-long"),
    ],
)
def test_anything_but_a_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(ArticleBlocked) as caught:
        web_address(url)
    assert (caught.value.reason or "").startswith("url: ")
    assert re.search(r"web address|http|host|public page|password|ports|too long", caught.value.detail)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        pytest.param("http://example.com", ("http", "example.com", 80, "/", ""), id="bare"),
        pytest.param("HTTPS://Example.COM/A?b=C#d", ("https", "example.com", 443, "/A", "b=C"), id="case"),
        pytest.param("http://example.com./", ("http", "example.com", 80, "/", ""), id="trailing-dot"),
        pytest.param("http://example.com:443/", ("http", "example.com", 443, "/", ""), id="other-web-port"),
        pytest.param("https://example.com:443/", ("https", "example.com", 443, "/", ""), id="own-port"),
        pytest.param("http://my_host.example/", ("http", "my_host.example", 80, "/", ""), id="underscore"),
        pytest.param("http://BÜCHER.example/", ("http", "xn--bcher-kva.example", 80, "/", ""), id="idn"),
        pytest.param(
            "http://XN--BCHER-KVA.example/", ("http", "xn--bcher-kva.example", 80, "/", ""), id="a-label"
        ),
        pytest.param("http://faß.example/", ("http", "xn--fa-hia.example", 80, "/", ""), id="sharp-s"),
        pytest.param("http://例え.テスト/", ("http", "xn--r8jz45g.xn--zckzah", 80, "/", ""), id="japanese"),
        pytest.param("http://192.0.2.7/", ("http", "192.0.2.7", 80, "/", ""), id="ipv4"),
        pytest.param("http://[2001:DB8:0::1]/", ("http", "2001:db8::1", 80, "/", ""), id="ipv6"),
        pytest.param("http://e.com?a=/b?c", ("http", "e.com", 80, "/", "a=/b?c"), id="query-without-path"),
        pytest.param("http://e.com/@me", ("http", "e.com", 80, "/@me", ""), id="at-sign-in-the-path"),
    ],
)
def test_a_web_address_is_split_into_its_parts(url: str, parts: tuple[str, str, int, str, str]) -> None:
    assert astuple(web_address(url))[:5] == parts


@pytest.mark.parametrize(
    ("url", "written"),
    [
        pytest.param("http://example.com:80", "http://example.com/", id="own-port-dropped"),
        pytest.param("http://example.com:443/", "http://example.com:443/", id="other-port-kept"),
        pytest.param("https://[2001:db8::1]:80/a?b", "https://[2001:db8::1]:80/a?b", id="ipv6-with-port"),
    ],
)
def test_an_address_is_written_without_the_port_of_its_scheme(url: str, written: str) -> None:
    assert str(web_address(url)) == written


def test_only_listed_hosts_may_use_another_port() -> None:
    allowed = ["localhost:8080"]
    assert web_address("http://LOCALHOST:8080/", allow_hosts=allowed).port == 8080
    for url in ("http://localhost:8081/", "http://other:8080/", "http://localhost:8080@evil.example/"):
        with pytest.raises(ArticleBlocked):
            web_address(url, allow_hosts=allowed)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://e.com/b"),
        ("b?c#d", "https://e.com/x/b?c#d"),
        ("?c", "https://e.com/x/y?c"),
        ("//other.com/b", "https://other.com/b"),
        ("HTTP://other.com", "HTTP://other.com"),
        ("../../../b", "https://e.com/b"),
        ("/my pool?a b#c d", "https://e.com/my%20pool?a%20b#c%20d"),
        ("/caf\u00e9", "https://e.com/caf%C3%A9"),
        ("/caf\udce9", "https://e.com/caf%E9"),
        ("/100%/a%2fb", "https://e.com/100%/a%2fb"),
        ("http://b\u00fccher.example/\u00e9", "http://b\u00fccher.example/%C3%A9"),
        (" /b\t", "https://e.com/b"),
        ("/a\tb", "https://e.com/ab"),
        ("ht\ttp://other.com/", "http://other.com/"),
        ("\\\\other.com\\b?c\\d", "https://other.com/b?c\\d"),
        ("/a\u00a0", "https://e.com/a%C2%A0"),
        # Not repaired: refused when it is parsed.
        ("https:b", "https:b"),
        ("https://", "https://"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_a_location_is_resolved_against_the_url_that_sent_it(location: str, url: str) -> None:
    assert redirected(web_address("https://e.com/x/y?z"), location) == url


@pytest.mark.parametrize("location", ["", "http://[::1", "//[", "http://a]b/"])
def test_a_location_that_names_nothing_is_an_error(location: str) -> None:
    with pytest.raises(ValueError, match=r"Location|IPv6|bracket"):
        redirected(web_address("https://e.com/"), location)


@pytest.mark.parametrize("location", ["/a\r\nX: y", "http://e.com/ X: y", "/a\n Set-Cookie: a=b"])
def test_a_location_that_would_add_a_header_is_blocked(location: str) -> None:
    with pytest.raises(ArticleBlocked):
        redirected(web_address("https://e.com/"), location)


STORY = "https://e.com/a/story"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f" \t{STORY}\n", id="blanks"),
        pytest.param(f"\u00a0\u200b\ufeff{STORY}\u200e", id="what-is-not-seen"),
        pytest.param("https://e.com/a/\n  story", id="wrapped-by-a-mailer"),
        pytest.param("> https://e.com/a/\r\n> story", id="wrapped-and-quoted"),
        pytest.param(f"“{STORY}”,", id="in-quotes"),
        pytest.param(f"«{STORY}»", id="in-french-quotes"),
        pytest.param(f"<{STORY}>.", id="in-angle-brackets"),
        pytest.param(f"<URL:{STORY}>", id="as-rfc-3986-writes-it"),
        pytest.param(f"({STORY}).", id="in-brackets"),
        pytest.param(f"[A b]({STORY})", id="markdown"),
        pytest.param(f'![A]({STORY} "title")', id="markdown-with-a-title"),
        pytest.param(f"`{STORY}`", id="code"),
        pytest.param(f'<a class=b href="{STORY}">Story</a>', id="html"),
        pytest.param(f"{STORY}。", id="before-a-full-stop"),
        pytest.param(f"Read this: {STORY}", id="after-words"),
        pytest.param(f"The story\n{STORY}", id="after-a-title"),
        pytest.param("e.com/a/story", id="no-scheme"),
        pytest.param("//e.com/a/story", id="no-scheme-but-slashes"),
        pytest.param("https:/e.com/a/story", id="one-slash"),
        pytest.param("https:///e.com/a/story", id="three-slashes"),
        pytest.param("https//e.com/a/story", id="no-colon"),
        pytest.param("ttps://e.com/a/story", id="first-letter-missed"),
        pytest.param("htpps://e.com/a/story", id="letters-exchanged"),
        pytest.param("hxxps://e.com/a/story", id="made-safe"),
        pytest.param(f"http://{STORY}", id="scheme-twice"),
        pytest.param("HTTPS://e.com/a/story", id="capitals"),
        pytest.param(f"👉 {STORY} 🔗", id="between-emoji"),
        pytest.param(f"- {STORY}", id="an-item"),
        pytest.param(f"（{STORY}）", id="in-wide-brackets"),
        pytest.param(f"{STORY}؟", id="before-an-arabic-mark"),
        pytest.param(f"[{STORY}]({STORY})", id="markdown-of-itself"),
        pytest.param(f"<p>{STORY}</p>", id="paragraph"),
        pytest.param(f'{{\\"url\\": \\"{STORY}\\"}}', id="json"),
        pytest.param(f"view-source:{STORY}", id="source-view"),
        pytest.param(f"{STORY}%20", id="escaped-blank-behind"),
        pytest.param(f"{STORY}%E2%80%8B", id="escaped-zero-width-space-behind"),
        pytest.param("https%3A%2F%2Fe.com%2Fa%2Fstory", id="escaped-as-a-parameter"),
        pytest.param("https : // e.com/a/story", id="blanks-in-the-scheme"),
        pytest.param("https：//e.com/a/story", id="wide-colon"),
        pytest.param("https;//e.com/a/story", id="semicolon"),
        pytest.param("hhttps://e.com/a/story", id="letter-twice"),
        pytest.param("hxxps://e[.]com/a/story", id="made-safe-with-its-dot"),
    ],
)
def test_a_pasted_address_is_repaired(text: str) -> None:
    assert pasted(text) == STORY


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://e.com/my story?a=b c", "https://e.com/my%20story?a=b%20c"),
        ("https://e.com/?a=1&amp;b=2", "https://e.com/?a=1&b=2"),
        ("[A](https://e.com/A_(b))", "https://e.com/A_(b)"),
        ("https://e.com/Jeopardy!", "https://e.com/Jeopardy!"),
        ("https://archive.example/2020/https://e.com/", "https://archive.example/2020/https://e.com/"),
        ("b\u00fccher.example", "https://b\u00fccher.example"),
        ("127.0.0.1:80/a", "https://127.0.0.1:80/a"),
        ("ftp://e.com/a", "ftp://e.com/a"),
        ("a@e.com", "a@e.com"),
        ("not a url", "not%20a%20url"),
        ("blob:https://e.com/a", "blob:https://e.com/a"),
        ("https://e.com/?v=a_", "https://e.com/?v=a_"),
        ("https://e.com/a（b）", "https://e.com/a（b）"),
        ("https://e.com/to?u=https://e.com/b", "https://e.com/to?u=https://e.com/b"),
    ],
)
def test_what_may_be_meant_stays(text: str, url: str) -> None:
    assert pasted(text) == url


@pytest.mark.parametrize("text", [f"{STORY} HTTP/1.1\r\nHost: a", f"{STORY} X: y", f"{STORY}\n{STORY}b"])
def test_what_is_more_than_one_address_is_refused(text: str) -> None:
    with pytest.raises(ArticleBlocked):
        pasted(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.text(max_size=30).map("https://e.com/{}".format))
def test_what_is_pasted_is_one_address_or_refused(text: str) -> None:
    try:
        url = str(web_address(pasted(text)))
    except ArticleBlocked:
        return
    assert pasted(url) in (url, url.rstrip("*.,;:\"'`>)]}"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["http", "https"]), HOSTS, PATHS, QUERIES)
def test_a_plain_url_round_trips(scheme: str, host: str, path: str, query: str) -> None:
    assert str(web_address(f"{scheme}://{host}{path}{query}")) == f"{scheme}://{host}{path or '/'}" + (
        query if query != "?" else ""
    )


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30) | st.text(max_size=20).map("http://{}".format))
def test_any_text_is_an_address_or_blocked(text: str) -> None:
    try:
        address = web_address(text)
    except ArticleBlocked:
        return
    assert address.scheme in ("http", "https")
    assert address.host.isascii()
    assert web_address(str(address)) == address


def test_a_host_without_an_ending_is_called_that() -> None:
    with pytest.raises(ArticleBlocked, match=r"no ending such as \.com"):
        web_address("http://example/story")
