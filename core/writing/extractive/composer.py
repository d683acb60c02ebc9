"""Writes without key and network: the article's own sentences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from core.article.article import Article
from core.text import thread
from core.text.divisions import authors_posts
from core.text.sentences import Sentence, as_written, quoted_sentences, sentences
from core.text.splitting import MAX_CHARACTERS, pack
from core.text.thread import Brief, first_fitting, thread_of
from core.writing.draft import Draft
from core.writing.extractive.boilerplate import content_mask
from core.writing.extractive.passages import Passage, passages
from core.writing.extractive.whole import whole_threads

_MAX_READ = 80_000  # characters: more would take longer than a caller may take of the service
_CUT = "The built-in composer read the first 80,000 characters."
_JOINED = "The text divides itself into {} posts; they were joined, since at most {} are allowed."
_MAX_COUNTED = 500  # texts whose lengths are kept
_SHARE_OF_ARTICLE = 0.4  # what a thread of a long article holds of it
_MIN_POSTS = 4  # an article that fits in so many is kept whole
# Shares of the thread's capacity, tried in turn: sentences leave gaps, and passages pull in others.
_SHARES = (0.9, 0.75, 0.6, 0.5, 0.3, 0.1)
_HOOK_SHARE = 0.6  # of a post that a title may take to leave a sentence beside it
_MIN_OF_HOOK = 0.15  # of a post: less says too little


def extract_draft(article: Article, brief: Brief) -> Draft:
    """The article's own sentences as the posts and hooks that the brief asks for."""
    read = article.cut_to(_MAX_READ)
    warnings = [] if read is article else [_CUT]
    given: list[str] = []  # the posts that a pasted text is divided into
    if not (article.title or article.url):
        given = authors_posts(read.text, without_numbers=brief.numbering != "none") or [read.text]
        read = replace(read, text="\n\n".join(given))
    composition = _Composition(read, brief)
    posts = composition.posts(given)
    if 1 < len(given) > brief.allowed_posts:
        warnings.append(_JOINED.format(len(given), brief.allowed_posts))
    hooks = composition.hooks(posts[0])
    return Draft(posts=posts, hooks=hooks, generator="extractive", warnings=tuple(warnings))


def prepare() -> None:
    """Import what composing needs."""
    extract_draft(Article(text="One. Two.", title="A", url="https://example.com/"), Brief(hooks=1))
    thread.prepare()


class _Composition:
    """One article on its way to one thread."""

    def __init__(self, article: Article, brief: Brief) -> None:
        # Its patterns take 6 ms to compile, which a hit need not wait for.
        from core.writing.extractive.ranking import rank

        self._brief, self._article, self._space = brief, article, _Space(article, brief)
        language = article.language or "en"
        self._passages = self._passages_of(article, language)
        texts = [passage.text for passage in self._passages]
        self._total = sum(map(len, texts)) * self._space.weight
        # A sentence that no post can hold would be divided, so it is not ranked.
        able = [text if self._space.fits(text) else "" for text in texts]
        self._ranking = rank(able, longest=max(map(len, able), default=0), language=language)
        self._first = self._first_passage()

    def posts(self, given: Sequence[str] = ()) -> tuple[str, ...]:
        """The most central passages that fit; a pasted text, as posts `given`, is kept whole if it fits."""
        everything = list(range(len(self._passages)))
        tried: list[list[int]] = []
        max_characters = 1.05 * self._space.max_length * self._brief.allowed_posts / self._space.weight
        if given:
            tried.append(everything)
            for whole in self._whole(given, everything):
                if not thread_of(whole, self._brief, link=None).cut:
                    return whole
        for share in _SHARES:
            chosen = sorted(self._chosen(share))
            if chosen in tried or sum(self._ranking.lengths[i] for i in chosen) > max_characters:
                continue  # it cannot fit, and packing is expensive
            tried.append(chosen)
            posts = self._packed(chosen)
            if not thread_of(posts, self._brief, link=self._article.url).cut:
                return posts
        return self._packed(everything)

    def _whole(self, given: Sequence[str], everything: list[int]) -> Iterator[tuple[str, ...]]:
        space, language = self._space, self._article.language or "en"
        yield from whole_threads(given, self._brief, language, in_post=space.fits, count=space.count)
        yield self._packed(everything)
        yield (self._article.text,)

    def hooks(self, first: str) -> tuple[str, ...]:
        """Other posts than the `first`, the strongest first."""
        texts = (self._passages[i].text for i in self._openers())
        others = (text for text in texts if text not in first)
        hooks = (
            self._space.heading + text if self._space.fits(text, first=True) else text for text in others
        )
        return tuple(islice(hooks, self._brief.hooks))

    def _passages_of(self, article: Article, language: str) -> list[Passage]:
        fits = self._space.fits
        parts: list[Sentence] = []
        for part in sentences(article.text, language):
            parts += [part] if fits(part.text) else quoted_sentences(part, language)
        of_page = article.title or article.url  # a pasted text has no boilerplate, and stays as it is written
        if not of_page:
            parts = [*as_written(parts, article.text)]
        mask = content_mask(parts, article.title or "") if of_page else [True] * len(parts)
        return passages(parts, content_mask=mask, language=language, fits=fits, starts_text=not of_page)

    def _first_passage(self) -> int | None:
        """Which passage is always chosen, for the first post; None where the title is alone in it."""
        if not self._space.title:
            return 0  # a pasted text keeps its beginning
        if self._brief.allowed_posts == 1:
            return 0 if self._ranking.lengths[0] else None
        if self._total <= self._space.max_length * min(_MIN_POSTS, self._brief.allowed_posts - 1):
            return 0  # kept whole, in its order
        # A passage that the next one needs is not moved away from it; the first one moves nowhere.
        required = {i - 1 for i, passage in enumerate(self._passages) if passage.needs_previous}
        able = (i for i in self._openers() if i == 0 or i not in required)
        return next((i for i in able if self._space.fits(self._passages[i].text, first=True)), None)

    def _openers(self) -> list[int]:
        """The passages of the first half that can open a thread, the strongest first."""
        min_length = _MIN_OF_HOOK * self._space.max_length / self._space.weight
        early = [i for i in self._ranking.order if i < max(8, len(self._passages) // 2)]
        lengths = self._ranking.lengths
        able = [i for i in early if lengths[i] > min_length and not self._passages[i].needs_previous]
        return sorted(able, key=lambda i: -self._ranking.scores[i] / (1 + i))

    def _chosen(self, share: float) -> Iterable[int]:
        """The best passages within `share` of the thread and those that they need; all if everything fits."""
        posts = max(1, self._brief.allowed_posts - bool(self._space.title))
        post = self._space.max_length
        wanted = min(post * posts * share, max(self._total * _SHARE_OF_ARTICLE, post * _MIN_POSTS))
        if self._total <= wanted:
            return range(len(self._passages))
        order = [i for i in self._ranking.order if i != self._first]
        chosen = set() if self._first is None else {self._first}
        for last in replace(self._ranking, order=order).within(int(wanted / self._space.weight)):
            first = last  # of those that it needs
            while self._passages[first].needs_previous:
                first -= 1
            if all(self._ranking.lengths[i] for i in range(first, last + 1)):  # else no post can hold it
                chosen |= set(range(first, last + 1))
        return chosen if chosen - {self._first} else range(len(self._passages))

    def _packed(self, chosen: Iterable[int]) -> tuple[str, ...]:
        """The posts, at most one more than allowed, with space for the link where it belongs."""
        space, indices = self._space, list(chosen)
        moved = None if self._first == indices[0] else self._first  # a passage that becomes the first post
        parts = [Sentence(space.title, -1)] if space.title and moved is None else []
        parts += [self._passages[i].as_sentence() for i in indices if i != moved]
        at = 0 if self._brief.source_link == "first" else -1
        # Whether the link gets its space beside parts[at]; a moved passage has left it some in its own post.
        beside = space.link and (at or moved is None) and space.fits(parts[at].text + space.link)
        link = space.link if beside else ""
        parts[at] = replace(parts[at], text=parts[at].text + link)
        # A hook that leaves its place keeps its post to itself.
        posts = [] if moved is None else [space.heading + self._passages[moved].text]
        packed = pack(parts, max_length=self._brief.max_length, count=space.count)
        posts += islice(packed, self._brief.allowed_posts + 1)
        posts[at] = posts[at].replace(link, "", 1)  # it only kept space: the thread's maker adds it
        return tuple(posts)


class _Space:
    """What a post can hold beside title and link, in what the platform counts."""

    def __init__(self, article: Article, brief: Brief) -> None:
        self._brief, self.count = brief, lru_cache(_MAX_COUNTED)(brief.rule.length_of)
        self.title = first_fitting(article.title or "", brief.max_length, brief.rule)
        self.heading = f"{self.title}\n\n" if self.title else ""
        self.link = f"\n\n{article.url}" if article.url and brief.source_link != "none" else ""
        sample = article.text[:500]
        self.weight = max(self.count(sample), 1) / max(len(sample), 1)  # what a character counts
        self.max_length = brief.max_length  # of a post's passages
        if brief.allowed_posts == 1:
            self.max_length = max(1, brief.max_length - self.count(self.heading + self.link))

    def fits(self, text: str, *, first: bool = False) -> bool:
        """Whether a post holds it; the `first` one, beside the title and a link that belongs there."""
        max_length, about = self.max_length, len(text) * self.weight
        if first and self.title:
            link = self.link if self._brief.source_link == "first" else ""
            heading = self.count(self.heading + link)
            if heading > self._brief.max_length * _HOOK_SHARE:
                return False
            max_length -= heading
        # Counting is expensive: what is plainly shorter or longer is not counted.
        if len(text) > MAX_CHARACTERS or about > 1.5 * max_length:
            return False
        return about <= 0.7 * max_length or self.count(text) <= max_length
