"""Writes without key and network: the article's own sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from math import ceil

from core.article.article import Article
from core.text import thread
from core.text.divisions import authors_posts
from core.text.information import information
from core.text.sentences import Sentence, as_written, fitting_sentences
from core.text.splitting import pack
from core.text.thread import Brief, thread_of
from core.writing.draft import Draft
from core.writing.extractive.boilerplate import content_mask, prepared, without_datelines
from core.writing.extractive.passages import Passage, is_whole, linked, passages
from core.writing.extractive.ranking import rank
from core.writing.extractive.selection import Selection, says, without_deck
from core.writing.extractive.space import Space
from core.writing.extractive.whole import whole_threads

_MAX_READ = 80_000  # characters: more would take longer than a caller may take of the service
_CUT = "The built-in composer read the first 80,000 characters."
_JOINED = "The text divides itself into {} posts; they were joined, since at most {} are allowed."
_MIN_LEAD = 50  # characters of the sentence with the news
_MIN_POSTS, _MAX_POSTS = 5, 8  # of a page's thread, by what it says, unless more were asked for
_SHARE_OF_PAGE = 0.8  # what a thread holds of a page that it does not hold whole
_SHARE_OF_TEXT = 0.4  # the same of a pasted text, and at least so many posts of it
_MIN_POSTS_OF_TEXT = 4
# Shares of the thread's capacity, tried in turn: sentences leave gaps, and passages pull in others.
_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.3, 0.1)
_MIN_KEPT = 0.5  # of the passages, for the link to stand beside the last of them, not beside the title
_MIN_HOOK = 60  # characters


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
        self._brief, self._article, self._space = brief, article, Space(article, brief)
        self._language = article.language or "en"
        self._is_page = bool(article.title or article.url)
        self._passages = self._passages_of_page() if self._is_page else self._passages_of_text()
        texts = [passage.text for passage in self._passages]
        self._total = sum(map(len, texts)) * self._space.weight
        # A sentence that no post can hold would be divided, so it is not ranked.
        able = [text if self._space.fits(text) else "" for text in texts]
        self._ranking = rank(able, longest=max(map(len, able), default=0), language=self._language)
        self._lead = self._lead_passages()

    def posts(self, given: Sequence[str] = ()) -> tuple[str, ...]:
        """The lead and the most central passages; a pasted text, as posts `given`, whole if it fits."""
        everything = list(range(len(self._passages)))
        if given:
            for whole in self._whole(given, everything):
                if not thread_of(whole, self._brief, link=None).cut:
                    return whole
        tried: list[list[int]] = []
        for choice, most in self._choices():
            chosen = self._with_end(choice)
            if chosen in tried:
                continue  # packing is expensive
            tried.append(chosen)
            posts = self._packed(chosen)
            if len(posts) <= most and not thread_of(posts, self._brief, link=self._article.url).cut:
                return posts
        return self._packed(everything)

    def hooks(self, first: str) -> tuple[str, ...]:
        """Other posts than the `first`, the strongest first: whole sentences that stand alone."""
        found = (self._passages[i] for i in self._ranking.order if i not in self._lead)
        texts = (each.parts[0].text for each in found if each.able and not each.needs)
        able = (
            text for text in texts if information(text) >= _MIN_HOOK and is_whole(text) and text not in first
        )
        return tuple(islice(able, self._brief.hooks))

    def _whole(self, given: Sequence[str], everything: list[int]) -> Iterator[tuple[str, ...]]:
        space = self._space
        yield from whole_threads(given, self._brief, self._language, in_post=space.fits, count=space.count)
        yield self._packed(everything)
        yield (self._article.text,)

    def _passages_of_page(self) -> list[Passage]:
        text = without_datelines(self._article.text)
        parts = prepared([*fitting_sentences(text, self._language, self._space.fits)])
        title = self._article.title or ""
        mask = without_deck(parts, content_mask(parts, title, self._article.site), title, self._language)
        found = passages(parts, content_mask=mask, language=self._language, fits=self._space.fits)
        return linked(found, parts, self._language, self._space.fits)

    def _passages_of_text(self) -> list[Passage]:
        """Of a pasted text, which has no boilerplate, and stays as it is written."""
        text, fits = self._article.text, self._space.fits
        parts = [*as_written(fitting_sentences(text, self._language, fits), text)]
        mask = [True] * len(parts)
        return passages(parts, content_mask=mask, language=self._language, fits=fits, as_written=True)

    def _lead_passages(self) -> list[int]:
        """The first passages, up to the one with the news, alone where nothing needs the others."""
        sizes = ([information(part.text) for part in passage.parts] for passage in self._passages)
        at = next((at for at, size in enumerate(sizes) if self._is_page and max(size) >= _MIN_LEAD), 0)
        needed = any(i < at for passage in self._passages[at:] for i in passage.needs)
        lead = [*range(at + 1)]
        return lead if needed or self._space.fits(self._news(lead).text) else [at]

    def _choices(self) -> Iterator[tuple[list[int], int]]:
        """Passages that the thread may be made of, the preferred first, and the most posts for them."""
        allowed, post, space = self._brief.allowed_posts, self._space.max_length, self._space
        selection = Selection(self._passages, self._lead, self._language, may_repeat=not self._is_page)
        most, shortest, ceiling = allowed, 0, max(self._total * _SHARE_OF_TEXT, post * _MIN_POSTS_OF_TEXT)
        if self._is_page:
            most = min(allowed, _MAX_POSTS) if self._brief.max_posts <= Brief().max_posts else allowed
            if self._total <= most * post:
                yield selection.within(3 * len(self._article.text), range(len(self._passages))), most
            most = min(most, max(_MIN_POSTS, ceil(_SHARE_OF_PAGE * self._total / post)))
            shortest, ceiling = int(_MIN_LEAD / space.density), float("inf")
        for share in _SHARES:
            wanted = min(ceiling, post * most * share - space.count(space.heading))
            budget = int(wanted / space.weight)
            yield selection.within(budget, self._ranking.order, min_length=shortest), most

    def _with_end(self, chosen: list[int]) -> list[int]:
        """Without the last few that leave the link no space beside them; with them where they are many."""
        kept = chosen[:]
        while len(kept) > len(self._lead) and not self._space.fits_last(self._passages[kept[-1]].text):
            kept.pop()
        return kept if len(kept) > max(len(self._lead), len(chosen) * _MIN_KEPT) else chosen

    def _packed(self, chosen: Sequence[int]) -> tuple[str, ...]:
        """The posts, at most one more than allowed, with space for the link where it belongs."""
        space, parts = self._space, self._parts(chosen)
        at = 0 if self._brief.source_link == "first" else -1
        link = space.link if space.link and space.fits(parts[at].text + space.link) else ""
        parts[at] = replace(parts[at], text=parts[at].text + link)
        packed = pack(parts, max_length=self._brief.max_length, count=space.count)
        posts = [*islice(packed, self._brief.allowed_posts + 1)]
        posts[at] = posts[at].replace(link, "", 1)  # it only kept space: the thread's maker adds it
        return tuple(posts)

    def _parts(self, chosen: Sequence[int]) -> list[Sentence]:
        """The opening, the rest, and the title where nothing else leaves space for the link beside it."""
        lead = self._lead if set(self._lead) <= {*chosen} else []
        parts = [*self._opening(lead), *(self._passages[i].as_sentence() for i in chosen if i not in lead)]
        if len(chosen) > 1 and not self._space.fits_last(parts[-1].text):
            last = parts[-1].last if parts[-1].last is not None else parts[-1].paragraph
            title = Sentence(self._space.title, last + 1)
            parts += [title] if self._space.title and self._space.fits_last(title.text) else []
        if self._is_page and self._brief.allowed_posts == 1:
            return [replace(part, paragraph=at, last=None) for at, part in enumerate(parts)]
        return parts

    def _opening(self, lead: Sequence[int]) -> list[Sentence]:
        """The title and the lead; the lead alone where they do not fit together and it says the same."""
        title = [Sentence(self._space.title, -1)] if self._space.title else []
        if not lead:
            return title
        joined, rest = self._news(lead), list[Sentence]()
        if len(joined.parts) < len(self._joined(lead).parts):
            rest = [Passage(self._joined(lead).parts[len(joined.parts) :]).as_sentence()]
        if not self._space.fits(joined.text):
            return [*title, *(self._passages[i].as_sentence() for i in lead)]
        if self._space.fits(joined.text, first=True):
            return [*title, joined.as_sentence(), *rest]
        repeats = says(joined.text, self._space.title, self._language)
        return [*([] if repeats or self._brief.allowed_posts == 1 else title), joined.as_sentence(), *rest]

    def _news(self, lead: Sequence[int]) -> Passage:
        """What stands before the news and the news; more, where a post holds it with the title."""
        whole = self._joined(lead)
        sizes = [information(part.text) for part in whole.parts]
        stop = next((n for n, size in enumerate(sizes, 1) if size >= _MIN_LEAD), len(sizes))
        news = Passage(whole.parts[:stop])
        return whole if self._space.fits(whole.text, first=True) or not is_whole(news.text) else news

    def _joined(self, indices: Sequence[int]) -> Passage:
        return Passage(tuple(chain.from_iterable(self._passages[i].parts for i in indices)))
