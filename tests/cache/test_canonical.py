"""Equal pages have one key; pages that may differ never share one."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.cache.canonical import canonical_url
from core.errors import ArticleBlocked

TRACKING = ["utm_source=x", "UTM_Medium=y", "fbclid=z", "gclid=1", "mc_eid=2", "igsh=3"]
PIECES = st.sampled_from(
    [*"aAzZ0-._~/=+;:@!", "%41", "%7e", "%7E", "%2F", "%2f", "%25", "%e4%bd%a0", "%20", "%", "%%34", "ü"]
)
PAIRS = st.sampled_from(
    ["a=1", "b=2", "a=2", "c", "c=", "a=%20", "a=+", "%61=3", "ref=x", "page=2", "A=1", *TRACKING]
)
URLS = st.builds(
    lambda host, path, query: f"http://{host}/{''.join(path)}?{'&'.join(query)}",
    st.sampled_from(["example.com", "EXAMPLE.com.", "bücher.example:8080", "[2001:DB8::1]", "192.0.2.1:80"]),
    st.lists(PIECES, max_size=8),
    st.lists(PAIRS, max_size=5),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("HTTP://EXAMPLE.com/", "http://example.com/", id="case-of-scheme-and-host"),
        pytest.param("http://example.com", "http://example.com/", id="empty-path"),
        pytest.param("http://example.com:80/", "http://example.com/", id="default-port"),
        pytest.param("https://example.com:443/", "https://example.com/", id="default-tls-port"),
        pytest.param("http://example.com./", "http://example.com/", id="trailing-dot"),
        pytest.param("http://bücher.example/", "http://xn--bcher-kva.example/", id="international-name"),
        pytest.param("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/", id="ipv6-spelling"),
        pytest.param("http://e.com/#part", "http://e.com/", id="fragment"),
        pytest.param("http://e.com/?utm_source=a&id=1&fbclid=b", "http://e.com/?id=1", id="tracking"),
        pytest.param("http://e.com/?UTM_Source=a", "http://e.com/", id="tracking-in-capitals"),
        pytest.param("http://e.com/?%75tm_source=a", "http://e.com/", id="escaped-tracking"),
        pytest.param("http://e.com/?b=2&a=1", "http://e.com/?a=1&b=2", id="order-of-the-query"),
        pytest.param("http://e.com/?&a=1&&b=2&", "http://e.com/?a=1&b=2", id="empty-pairs"),
        pytest.param("http://e.com/%7euser/%41", "http://e.com/~user/A", id="needless-escapes"),
        pytest.param("http://e.com/%c3%bc", "http://e.com/%C3%BC", id="case-of-escapes"),
        pytest.param(
            'http://e.com/|?q="<^`{}>"', "http://e.com/%7C?q=%22%3C%5E%60%7B%7D%3E%22", id="no-uri-characters"
        ),
        pytest.param("http://e.com/?b=2&a&b=1&a=", "http://e.com/?a&a=&b=2&b=1", id="equal-names-and-blanks"),
    ],
)
def test_spellings_of_one_url_have_one_key(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other) == other


@pytest.mark.parametrize(
    "name",
    "_ga _gl __hstc __hssc __hsfp hsCtaTracking mc_cid mc_eid ml_subscriber ml_subscriber_hash wickedid"
    " s_kwcid ck_subscriber_id sc_eh rb_clickid guccounter guce_referrer guce_referrer_sig guce_referrer_us"
    " mkt_tok vero_id oly_enc_id _kx __s utm_id utm_source_platform hsa_acc gad_source"
    " sfmc_activityid ysclid".split(),
)
def test_what_names_a_reader_or_a_click_is_left_out(name: str) -> None:
    for spelled in (name, name.upper(), name.replace("_", "%5F"), name.replace("s", "%73")):
        assert (
            canonical_url(f"http://e.com/a?{spelled}=x1&id=7&{spelled}&{spelled}=") == "http://e.com/a?id=7"
        )


@pytest.mark.parametrize(
    "name",
    "id p page q ref r s t v spm cid token si key article story unlocked_article_code ga gl eid".split(),
)
def test_what_may_choose_the_page_stays(name: str) -> None:
    assert canonical_url(f"http://e.com/a?{name}=x1") == f"http://e.com/a?{name}=x1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("http://e.com/a", "https://e.com/a", id="scheme"),
        pytest.param("http://e.com/a", "http://www.e.com/a", id="www"),
        pytest.param("http://e.com/a", "http://e.com:8080/a", id="port"),
        pytest.param("http://e.com/a", "http://e.com/a/", id="trailing-slash"),
        pytest.param("http://e.com/a", "http://e.com/A", id="case-of-the-path"),
        pytest.param("http://e.com/?a=b", "http://e.com/?a=B", id="case-of-a-value"),
        pytest.param("http://e.com/?a=1", "http://e.com/?A=1", id="case-of-a-name"),
        pytest.param("http://e.com/?q=a+b", "http://e.com/?q=a%20b", id="plus-and-space"),
        pytest.param("http://e.com/?q=a%2Bb", "http://e.com/?q=a+b", id="escaped-plus"),
        pytest.param("http://e.com/a%2Fb", "http://e.com/a/b", id="escaped-slash"),
        pytest.param("http://e.com/?a=1%26b=2", "http://e.com/?a=1&b=2", id="escaped-ampersand"),
        pytest.param("http://e.com/?a=1&a=2", "http://e.com/?a=2&a=1", id="order-of-one-name"),
        pytest.param("http://e.com/?a", "http://e.com/?a=", id="empty-value"),
        pytest.param("http://e.com/?id=1", "http://e.com/?id=1&page=2", id="a-parameter-more"),
        pytest.param("http://e.com/?ref=1", "http://e.com/", id="ref-is-content-to-some"),
        pytest.param("http://e.com/?my_utm_source=1", "http://e.com/", id="name-that-ends-like-tracking"),
        pytest.param("http://e.com/?q=utm_source", "http://e.com/?q=", id="tracking-name-as-a-value"),
        pytest.param("http://e.com/%2541", "http://e.com/%41", id="escaped-percent"),
        pytest.param("http://e.com/%%341", "http://e.com/%41", id="stray-percent"),
        pytest.param("http://e.com/index.html", "http://e.com/", id="index"),
        pytest.param("http://e.com//a", "http://e.com/a", id="two-slashes"),
    ],
)
def test_pages_that_may_differ_keep_keys_of_their_own(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@settings(max_examples=150, deadline=None)
@given(URLS)
@example("http://e.com/?%75tm_source=a")
@example("http://e.com/%%341")
def test_a_canonical_url_is_its_own(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@settings(max_examples=150, deadline=None)
@given(URLS, st.text(".,)(*'!;:#%_? \u3002", max_size=3))
@example("http://e.com/a", ".?utm_source=x")
def test_the_address_in_an_answer_finds_what_was_kept_under_the_pasted_one(url: str, behind: str) -> None:
    kept = canonical_url(f"({url}{behind}#x", as_pasted=True)
    assert canonical_url(kept, as_pasted=True) == kept


@settings(max_examples=150, deadline=None)
@given(URLS, st.lists(st.sampled_from(TRACKING), max_size=3))
def test_tracking_anywhere_in_the_query_changes_nothing(url: str, tracking: list[str]) -> None:
    base, _, query = url.partition("?")
    pairs = query.split("&")
    for number, pair in enumerate(tracking):
        pairs.insert((number * 7) % (len(pairs) + 1), pair)
    assert canonical_url(f"{base}?{'&'.join(pairs)}#x") == canonical_url(url)


@settings(max_examples=300, deadline=None)
@given(URLS)
def test_a_key_requests_the_same_page_as_the_url(url: str) -> None:
    assert meaning(canonical_url(url)) == meaning(url)


ASCII = "".join(map(chr, range(128)))


def meaning(url: str) -> tuple[str, str, list[str]]:
    """What a server reads of a URL: its host, its path, and every name's values in order."""
    parts = urlsplit(url)
    pairs = [unreserved(quote(pair, safe=ASCII)) for pair in parts.query.split("&") if pair]
    pairs = [pair for pair in pairs if not re.match(r"(utm_|fbclid|gclid|mc_eid|igsh)", pair.lower())]
    host = (parts.hostname or "").removesuffix(".").encode("idna").decode()
    return (
        f"{host}:{parts.port or 80}",
        unreserved(quote(parts.path, safe=ASCII)),
        sorted(pairs, key=lambda pair: pair.split("=")[0]),
    )


def unreserved(part: str) -> str:
    """RFC 3986, 6.2.2: escapes of unreserved characters may be undone; a lone percent sign is itself."""
    return re.sub(r"%([0-9a-fA-F]{2})?", lambda found: unescaped(found[1]), part)


def unescaped(digits: str | None) -> str:
    if digits is None:
        return "%25"
    character = chr(int(digits, 16))
    return character if re.fullmatch(r"[A-Za-z0-9._~-]", character) else f"%{digits.upper()}"


@pytest.mark.parametrize("code", range(256))
def test_only_escapes_of_unreserved_characters_are_undone(code: int) -> None:
    assert canonical_url(f"http://e.com/%{code:02x}") == f"http://e.com/{unescaped(f'{code:02x}')}"


@pytest.mark.parametrize("url", ["not a url", "ftp://e.com/", "http://u:p@e.com/", "http://127.1/", ""])
def test_only_a_web_url_has_a_key(url: str) -> None:
    with pytest.raises(ArticleBlocked):
        canonical_url(url)


def test_a_key_holds_no_space_whatever_the_url() -> None:
    assert " " not in canonical_url("http://e.com/%20?q=%20+a")
