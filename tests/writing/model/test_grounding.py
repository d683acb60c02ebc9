"""Links, mentions and numbers that the source does not have are removed or named."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.text.cleaning import clean
from core.text.links import links_in
from core.writing.draft import Draft
from core.writing.model.grounding import remove_ungrounded

SOURCE = (
    "It closes for eighteen months. It cost 40 million in 1931, 3.5 times as much as a ferry. Some nine "
    "thousand cars (1.200 lorries, 10 000 bicycles) cross it, forty-two a minute. Opened 12.10.2026. See "
    "https://good.example/a/B?x=1, http://www.site.org/ and press@paper.com. By @bob and @carol.bsky.social."
)
LINKS, MENTIONS = (
    "These links are not in the source and were removed:",
    "These accounts are not in the source and lost their @:",
)


def grounded(*posts: str, hooks: tuple[str, ...] = (), source: str = SOURCE) -> Draft:
    return remove_ungrounded(Draft(posts=posts, hooks=hooks, generator="openai"), source)


def of(text: str, source: str = SOURCE) -> tuple[str, tuple[str, ...]]:
    draft = grounded(text, hooks=(text,), source=source)
    assert draft.posts == draft.hooks
    return "".join(draft.posts), draft.warnings


@pytest.mark.parametrize(
    ("text", "left", "link"),
    [
        pytest.param("See http://evil.example/x?y=1.", "See.", "http://evil.example/x?y=1", id="unknown-tld"),
        pytest.param("See evil.com/x now", "See now", "evil.com/x", id="bare"),
        pytest.param("See evil.example/x now", "See now", "evil.example/x", id="bare-with-path"),
        pytest.param("See WWW.Evil.example!", "See!", "WWW.Evil.example", id="www"),
        pytest.param("HTTPS://EVIL.COM/A ok", "ok", "HTTPS://EVIL.COM/A", id="capitals"),
        pytest.param("hxxp://evil.com ok", "ok", "hxxp://evil.com", id="defanged"),
        pytest.param("a javascript:alert(1) b", "a b", "javascript:alert(1)", id="javascript"),
        pytest.param("a mailto:eve@evil.com b", "a b", "mailto:eve@evil.com", id="mailto"),
        pytest.param("a tel:+4930 b", "a b", "tel:+4930", id="tel"),
        pytest.param("So (https://evil.com).", "So.", "https://evil.com", id="brackets"),
        pytest.param("[so](http://evil.com/a) it is", "so it is", "http://evil.com/a", id="markdown"),
        pytest.param("![cat](http://evil.com/a.png)", "cat", "http://evil.com/a.png", id="image"),
        pytest.param("It ends. Read more: https://evil.com/x", "It ends.", "https://evil.com/x", id="label"),
        pytest.param("Ende.\n\n👉 Mehr: http://evil.com", "Ende.", "http://evil.com", id="label-on-a-line"),
        pytest.param("他说http://evil.com/a。然后", "他说 。然后", "http://evil.com/a", id="chinese"),
        pytest.param("http://例え.jp/x ok", "ok", "http://例え.jp/x", id="idn"),
        pytest.param("http://good.example@evil.com/ x", "x", "http://good.example@evil.com/", id="userinfo"),
        pytest.param("https://good.example/a x", "x", "https://good.example/a", id="shorter-than-the-source"),
        pytest.param("https://good.example/a/b?x=1 x", "x", "https://good.example/a/b?x=1", id="other-case"),
        pytest.param("good.example/a/B x", "x", "good.example/a/B", id="without-its-query"),
        pytest.param("paper.com x", "x", "paper.com", id="domain-of-a-mail-address"),
    ],
)
def test_a_foreign_link_is_removed_and_named(text: str, left: str, link: str) -> None:
    assert of(text) == (left, (f"{LINKS} {link}.",))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("See https://good.example/a/B?x=1.", id="same"),
        pytest.param("See HTTPS://Good.Example/a/B?x=1!", id="host-in-capitals"),
        pytest.param("(http://www.site.org)", id="without-slash"),
        pytest.param("Write to press@paper.com", id="mail"),
        pytest.param("e.g. U.S.A. and so.That is Node.js", id="dots"),
        pytest.param("Thanks @Bob, @bob-based @carol.bsky.social", id="mentions"),
    ],
)
def test_parts_that_the_source_has_are_kept(text: str) -> None:
    assert of(text) == (text, ())


@pytest.mark.parametrize(
    ("text", "left", "names"),
    [
        pytest.param("Hi @elonmusk!", "Hi elonmusk!", "elonmusk", id="plain"),
        pytest.param("Hi ＠elon, RT@eve", "Hi elon, RTeve", "elon and eve", id="full-width-and-retweet"),
        pytest.param("@@@eve 見て@mia", "eve 見てmia", "eve and mia", id="many-and-after-japanese"),
        pytest.param("@bob@evil.social", "bob@evil.social", "bob@evil.social", id="other-server"),
        pytest.param("@bobby @carol", "bobby carol", "bobby and carol", id="only-the-beginning"),
    ],
)
def test_a_foreign_mention_loses_its_sign_and_is_named(text: str, left: str, names: str) -> None:
    assert of(text) == (left, (f"{MENTIONS} {names}.",))


def test_a_part_of_another_address_is_not_in_the_source() -> None:
    source = "See https://other.example/evil.com, sub.evil.com, evil.com.au and me@evil.com"
    assert of("Go to evil.com now", source)[0] == "Go to now"


def test_a_host_in_other_letters_that_only_fold_to_the_same_is_foreign() -> None:
    assert of("See STRAßE.de", "At straße.de") == ("See STRAßE.de", ())
    assert of("See strasse.de now", "At straße.de") == ("See now", (f"{LINKS} strasse.de.",))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("It ended.So they left.Me too.", "It ended. So they left. Me too."),
        ("Er ging.De Gaulle blieb.", "Er ging. De Gaulle blieb."),
    ],
)
def test_sentences_without_a_space_between_them_lose_no_word(text: str, left: str) -> None:
    assert of(text) == (left, ())


def test_claims_are_named_by_kind_and_bounded() -> None:
    claims = [("numbers", f"{number}{'0' * 120}") for number in range(1, 15)] + [("dates", "May")]
    numbers, dates = remove_ungrounded(Draft(posts=("A.",), generator="openai"), SOURCE, claims).warnings
    assert numbers.endswith("…, " + "10" + "0" * 97 + "… and 4 more.")
    assert len(numbers) < 1_200
    assert dates == "Check before you post: the source lacks, or has elsewhere, the dates May."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("It rose. #river #flood", "It rose.", id="after-a-sentence"),
        pytest.param("It rose\n\n#river #flood", "It rose", id="on-their-own-line"),
        pytest.param("It rose #river #flood #news", "It rose", id="in-a-row"),
        pytest.param("It rose. #Ferry #flood", "It rose. #Ferry", id="of-the-source"),
        pytest.param("We cross by #boat", "We cross by boat", id="as-a-word"),
    ],
)
def test_invented_hashtags_at_the_end_go_as_a_whole(text: str, left: str) -> None:
    assert of(text, "By #ferry.")[0] == left


def test_a_text_of_links_alone_is_left_out() -> None:
    draft = grounded("http://evil.com", "So.", hooks=("www.evil.com",), source="")
    assert (draft.posts, draft.hooks) == (("So.",), ())


PIECES = st.sampled_from(
    "http:// https:// www. evil .com .example / ? @ ＠ bob eve ( ) [ ] ]( ! . , : a 17 中 。 See:".split()
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES | st.sampled_from(" \n"), max_size=14).map("".join))
@example("@www.http://")
@example("@www.evil.example/x")
@example("@www..com")
def test_no_foreign_link_or_mention_is_left(text: str) -> None:
    posts = grounded(clean(text), source="@bob is the source").posts
    for post in posts:
        assert not links_in(post)
        assert not re.search(r"https?://\w|(?<![\w@.])www\.\w", post)
        assert not [word for word in post.split() if word.startswith(("@eve", "＠eve"))]
    assert grounded(*posts, source="@bob is the source").posts == posts


@pytest.mark.parametrize(
    ("text", "left", "warning"),
    [
        pytest.param("Buy #crypto", "Buy crypto", "These hashtags {} #: crypto.", id="hashtag"),
        pytest.param("Buy ＃Été", "Buy Été", "These hashtags {} #: Été.", id="full-width-hashtag"),
        pytest.param("Buy $AAPL", "Buy AAPL", "These cashtags {} $: AAPL.", id="cashtag"),
        pytest.param("Buy $AAPL$ now", "Buy AAPL$ now", "These cashtags {} $: AAPL.", id="cashtag-and-sign"),
        pytest.param("Buy ＄AAPL", "Buy AAPL", "These cashtags {} $: AAPL.", id="full-width-cashtag"),
        pytest.param("Hi @#eve", "Hi eve", "These hashtags {} #: eve.", id="hashtag-behind-an-at"),
        pytest.param(
            "Ask eve@evil.com now",
            "Ask now",
            "These e-mail addresses are not in the source and were removed: eve@evil.com.",
            id="e-mail",
        ),
        pytest.param("See müller.de now", "See now", f"{LINKS} müller.de.", id="latin-idn"),
        pytest.param("See пример.рф/a now", "See now", f"{LINKS} пример.рф/a.", id="cyrillic-idn"),
        pytest.param("See evil．com now", "See now", f"{LINKS} evil．com.", id="full-width-dot"),
        pytest.param("See evil。com now", "See now", f"{LINKS} evil。com.", id="ideographic-full-stop"),
        pytest.param("See evil.zip now", "See now", f"{LINKS} evil.zip.", id="top-level-domain"),
        pytest.param("See evil.music now", "See now", f"{LINKS} evil.music.", id="later-top-level-domain"),
    ],
)
def test_a_foreign_tag_address_or_name_is_taken_off_and_named(text: str, left: str, warning: str) -> None:
    assert of(text) == (left, (warning.format("are not in the source and lost their"),))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e.g. U.S. a.m. Node.js and Ph.D.", id="abbreviations"),
        pytest.param("C# and F#, US$, &#x; a/#b", id="signs-elsewhere"),
        pytest.param("他用ChatGPT。AI很强", id="chinese-sentences"),
        pytest.param("#Ferry #ferry $msft PAPER.com", id="of-the-source"),
    ],
)
def test_what_only_looks_like_a_tag_or_a_name_is_kept(text: str) -> None:
    assert of(text, "By #ferry and $MSFT at paper.com") == (text, ())


@pytest.mark.parametrize(
    "unit", ["1,", "\U00011066,", "1.", "http://a.com,", "@a,", "#a", "ﷺ", "hundred one ", "a．"]
)
def test_a_run_takes_memory_in_proportion_to_its_length(unit: str) -> None:
    run = unit * (50_000 // len(unit))
    grounded("warm", source=unit)
    tracemalloc.start()
    draft = grounded(*[run[:6_000]] * 10, source=run)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert sum(map(len, draft.warnings)) < 10_000
