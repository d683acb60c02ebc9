"""What a sentence takes for known, and which one introduces it: names, acronyms, "the company"."""

import functools
import re
from collections.abc import Container, Iterable, Sequence

from core.text.word_lists import alternatives, word_lists
from core.writing.extractive.ranking import function_words

_STEM = 6  # letters that two forms of a noun have in common
_WORD = re.compile(r"[^\W\d_][\w-]*\w")
# A given name; a look ahead, since it may be another's surname: initials, particles and the surname.
_FULL_NAME = re.compile(
    r"(?<![\w'’.-])([^\W\d_][\w'’-]+)"
    r"(?= (?:(?:[^\W\d_]\.|d[aei]l?|d[eo]s|de[rn]|v[ao]n|bin|al) )*([^\W\d_][\w-]*\w))"
)
_ACRONYM = re.compile(r"[(（]([^\W\d_][\w&-]{1,7})[)）]")


def introducers(texts: Sequence[str], language: str, *, content: Container[int]) -> list[set[int]]:
    """For each text the indices of those that introduce what it names: of `content`, where one does."""
    words = [_WORD.findall(text) for text in texts]
    introduced = [*_introduced(texts, words, language)]
    content_first = sorted(range(len(texts)), key=lambda i: i not in content)
    sources = _first_by_word(introduced, content_first)
    nouns = _first_by_word([map(_stem, row) for row in words], content_first)
    objects: dict[str, int] = {}  # the last that names "a vehicle", by the noun
    opener, (indefinite, definite) = _opener(language), _nouns_after(language)
    found = []
    for i, text in enumerate(texts):
        match = opener.match(text)
        known = [nouns[_stem(match[1])]] if match else []
        named = {sources[word] for word in words[i] if word in sources and word not in introduced[i]}
        known += [objects[noun] for noun in _found(definite, text) if noun in objects]
        objects |= dict.fromkeys(_found(indefinite, text), i)
        found.append((named | {*known}) - {i})
    return found


def _first_by_word(rows: Sequence[Iterable[str]], order: Sequence[int]) -> dict[str, int]:
    """The first row by `order` that each word is in."""
    return {word: i for i in reversed(order) for word in rows[i]}


def _introduced(texts: Sequence[str], words: Sequence[list[str]], language: str) -> Iterable[set[str]]:
    """The surnames that stand after a given name in each text, and its acronyms in brackets."""
    common = {word for row in words for word in row if word[0].islower()} | {*function_words(language)}
    nouns = _nouns(texts) if language in word_lists(__file__)["capital_nouns"]["languages"].split() else set()
    for text in texts:
        acronyms = {word for word in _ACRONYM.findall(text) if sum(map(str.isupper, word)) > 1}
        names = {
            last for first, last in _FULL_NAME.findall(text) if not {first.lower(), last.lower()} & common
        }
        yield {name for name in names if name[0].isupper()} - nouns | acronyms


def _nouns(texts: Sequence[str]) -> set[str]:
    """The words with a capital that follow one of three letters without: mostly an article."""
    return {word for text in texts for word in re.findall(r"(?<=\b[a-zäöü]{3} )[A-ZÄÖÜ][\w-]+", text)}


def _stem(word: str) -> str:
    return word.casefold()[:_STEM].rstrip("s")


def _found(pattern: re.Pattern[str], text: str) -> Iterable[str]:
    """The stems of the nouns, and their adjectives, after the articles that it finds."""
    return (_stem(word) for match in pattern.finditer(text) for word in match[1].split())


@functools.cache
def _nouns_after(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Finds up to three words after an indefinite article, and up to two after a definite one in an opening.

    That is "A search of the vehicle", not "the man who", where the rest of the sentence says which one.
    """
    tables = word_lists(__file__)
    words = r"{0}\b(?i:{1})((?:(?!(?:{3})\b)[^\W\d_][\w-]{{3,}}(?: |\b)){{1,{2}}}+)(?! ?(?:{3})\b)"
    indefinite, definite, defines = (
        alternatives(tables[name].get(language, "(?!)")) for name in ("indefinite", "definite", "defines")
    )
    opening = words.format(r"^\W*(?:[\w-]+ ){0,3}", definite, 2, defines)
    return re.compile(words.format("", indefinite, 3, "(?!)")), re.compile(opening)


@functools.cache
def _opener(language: str) -> re.Pattern[str]:
    """Finds the noun, or its adjective, that a sentence begins with after a definite article."""
    tables = word_lists(__file__)
    capitals = language in tables["capital_nouns"]["languages"].split()
    noun = r"[^\W\d_][\w-]*\w" if capitals else r"(?![A-ZÀ-Þ])[^\W\d_][\w-]*\w"
    articles = alternatives(tables["definite"].get(language, "(?!)"))
    return re.compile(rf"\W*(?i:{articles})({noun})")
