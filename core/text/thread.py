"""A thread, and the options that it is made by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Literal

from core.text import language, platforms
from core.text.cleaning import without_surrogates
from core.text.platforms import PLATFORMS, Platform, PlatformName
from core.text.splitting import fits, split

Numbering = Literal["slash", "none"]
SourceLink = Literal["last", "first", "none"]

_TOO_LONG = "{} is too long for a post and its number, and was left out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The options of a thread. A language of None is the source's own."""

    platform: PlatformName = "x"
    max_posts: int = 12
    tone: str | None = None
    audience: str | None = None
    language: str | None = None
    numbering: Numbering = "slash"
    hooks: int = 0
    source_link: SourceLink = "last"

    @property
    def rule(self) -> Platform:
        return PLATFORMS[self.platform]

    @property
    def allowed_posts(self) -> int:
        """`max_posts`, or the platform's where that is less."""
        return min(self.max_posts, self.rule.max_posts)

    @property
    def max_length(self) -> int:
        """The platform's limit less the length of the longest number that a post can have."""
        longest_number = _number(self.allowed_posts, self.allowed_posts, self.numbering)
        return self.rule.limit - self.rule.length_of(longest_number)


@dataclass(frozen=True, slots=True)
class Post:
    """`text`, and the `suffix` that follows it: link and number, with the blank lines before them.

    A post that is only the link has no text. `character_count` is what the platform counts in both.
    """

    number: int
    total: int
    text: str
    suffix: str
    character_count: int

    @property
    def content(self) -> str:
        return self.text + self.suffix


@dataclass(frozen=True, slots=True)
class Thread:
    """`cut`: something did not fit in the allowed posts."""

    posts: tuple[Post, ...]
    cut: bool = False
    warnings: tuple[str, ...] = ()


def prepare() -> None:
    """Import what splitting needs."""
    platforms.prepare()
    language.prepare()


def lay_out(
    drafts: Sequence[str], hooks: Sequence[str], brief: Brief, link: str | None
) -> tuple[Thread, list[str]]:
    """`thread_of` the drafts, and as much of each hook as fits in its first post."""
    fitting = (first_fitting(hook, brief.max_length, brief.rule) for hook in hooks)
    return thread_of(drafts, brief, link=link), [*filter(None, fitting)]


def space_beside(suffix: str, platform: PlatformName) -> int:
    """The length that a post's text may have beside its suffix."""
    return PLATFORMS[platform].limit - PLATFORMS[platform].length_of(suffix)


def fitted(post: Post, platform: PlatformName) -> Post:
    """The post with as much of its text as fits, counted."""
    rule = PLATFORMS[platform]
    text = first_fitting(post.text, space_beside(post.suffix, platform), rule).strip()
    return replace(post, text=text, character_count=rule.count(text + post.suffix))


def which_fit(texts: Sequence[str], max_length: int, platform: PlatformName) -> list[bool]:
    """Which of the texts fit in `max_length`."""
    return [fits(text, max_length, PLATFORMS[platform].length_of) for text in texts]


def first_fitting(text: str, max_length: int, rule: Platform) -> str:
    """As much of the beginning of `text` as fits in `max_length`; nothing of a link that does not."""
    pieces = split(text, max_length=max_length, count=rule.length_of)
    return next((piece for piece in pieces if fits(piece, max_length, rule.length_of)), "")


def thread_of(drafts: Sequence[str], brief: Brief, *, link: str | None) -> Thread:
    """The drafts in order, split, cut, linked and numbered so that each post fits and none is empty."""
    drafts = [draft.strip() for draft in drafts if draft.strip()]
    link = None if brief.source_link == "none" or link is None else without_surrogates(link)
    allowed, texts = brief.allowed_posts, _fitting(drafts, brief, link)
    posts, fitting_link = _with_space_for_numbers(texts[:allowed], brief, link)
    cut = len(texts) > allowed
    warnings = []
    if len(posts) < min(len(texts), allowed):
        warnings.append(_TOO_LONG.format("A link in the text"))
    if fitting_link:
        cut |= _add_link(posts, fitting_link, brief)
    elif link:
        warnings.append(_TOO_LONG.format("The source link"))
    if cut:
        warnings.append(f"The thread was cut to {allowed} posts; raise max_posts to see more of it.")
    return Thread(tuple(_numbered(posts, brief)), cut, tuple(warnings))


def _with_space_for_numbers(
    texts: Sequence[str], brief: Brief, link: str | None
) -> tuple[list[tuple[str, str]], str | None]:
    """Pairs of text and suffix, of the texts that leave space for a number; the link if it does."""
    length_of = brief.rule.length_of
    held = [text for text in texts if fits(text, brief.rule.limit, length_of)]
    max_length = _max_length(held, brief, link)
    link = link if link and fits(link, max_length, length_of) else None
    able = [text for text in held if fits(text, max_length, length_of)]
    if not able and link is None:
        able = held[:1]  # the only post has no number
    return [(text, "") for text in able], link


def _max_length(texts: Sequence[str], brief: Brief, link: str | None) -> int:
    """The length that each post may have beside its number, when the texts and the link are posts.

    Known once their number is: `brief.max_length` leaves space for the number of the last allowed post.
    """
    total = min(len(texts) + (link is not None), brief.allowed_posts)
    if link and len(texts) == 1 and fits(f"{texts[0]}\n\n{link}", brief.rule.limit, brief.rule.length_of):
        total = 1
    return brief.rule.limit - brief.rule.length_of(_number(total, total, brief.numbering))


def _fitting(drafts: Sequence[str], brief: Brief, link: str | None) -> list[str]:
    """The drafts as texts that fit, one more than the allowed posts if they are too many."""
    length_of = brief.rule.length_of
    if len(drafts) == 1:
        # The only post has no number, so its text may be longer by that.
        alone = f"{drafts[0]}\n\n{link}" if link else drafts[0]
        if fits(alone, brief.rule.limit, length_of):
            return [without_surrogates(drafts[0])]
    pieces = (split(draft, max_length=brief.max_length, count=length_of) for draft in drafts)
    return list(islice(chain.from_iterable(pieces), brief.allowed_posts + 1))


def _add_link(posts: list[tuple[str, str]], link: str, brief: Brief) -> bool:
    """Add the link to the suffix of its post, or as a post after it. True when text was cut for it."""
    if not posts:
        posts.append(("", link))
        return False
    at = 0 if brief.source_link == "first" else len(posts) - 1
    text, suffix = posts[at][0], f"\n\n{link}"
    max_length = _max_length([text for text, _ in posts], brief, link)
    if fits(text + suffix, max_length, brief.rule.length_of):
        posts[at] = text, suffix
        return False
    full = len(posts) == brief.allowed_posts
    if full and at == len(posts) - 1:
        left = max_length - brief.rule.length_of(suffix)
        beginning = first_fitting(text, left, brief.rule) if left >= max_length // 4 else ""
        posts[at] = (beginning, suffix) if beginning else ("", link)
    else:
        posts[at + 1 :] = [("", link), *posts[at + 1 : brief.allowed_posts - 1]]
    return full


def _numbered(posts: Sequence[tuple[str, str]], brief: Brief) -> Iterator[Post]:
    total = len(posts)
    for number, (text, suffix) in enumerate(posts, start=1):
        suffix += _number(number, total, brief.numbering)
        yield Post(number, total, text, suffix, brief.rule.count(text + suffix))


def _number(number: int, total: int, numbering: Numbering) -> str:
    return f"\n\n{number}/{total}" if numbering == "slash" and total > 1 else ""
