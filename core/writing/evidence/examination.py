"""A text compared with its source: where it is found there, how far it is covered, what differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from core.text.sentences import sentences
from core.writing.evidence.claims import claims_of, claims_of_translation, quotation_claims
from core.writing.evidence.comparison import Claim, Comparison
from core.writing.evidence.source import Passage, SourceText
from core.writing.evidence.tokens import tokens

MAX_SPANS = 20  # of a text
_MAX_CITED = 10
_MAX_CLAIMS = 10  # of a text: with more, it is wrong anyhow
_CITED_LENGTH = range(12, 600)  # characters: less is found anywhere, more shows nothing
_MIN_SHARE = 0.35  # of a sentence that passages must have to be its evidence
_UNKNOWN = 0.5  # the support of a translation for which nothing is cited
_WRONG = 0.5  # what each claim that fails leaves of a text's support
_REWORDED = 0.3  # of a sentence's words are its own where it only says the same in other words


@dataclass(frozen=True, slots=True)
class Examined:
    """`places` in the source, in order, in code points; `support`, 0 to 1; what the source does not say."""

    places: tuple[range, ...]
    support: float
    claims: tuple[Claim, ...]


def examine(
    text: str, source: SourceText, cited: Sequence[str] = (), *, translated: bool = False
) -> Examined:
    """The text beside the source, and the spans of it that a model cited, as far as they are there.

    `translated`: it is in another language than the source, so that only numbers and dates compare.
    """
    quoted = [
        place for each in cited[:_MAX_CITED] if len(each) in _CITED_LENGTH and (place := source.find(each))
    ]
    if whole := source.find(text):
        return Examined((whole,), 1.0, ())
    if translated:
        changed = tuple(claims_of_translation(text, source))
        support = (1.0 if quoted else _UNKNOWN) * _WRONG ** len(changed)
        return Examined(_joined(quoted, source), support, changed)
    named = source.at(quoted)
    # A quotation may be longer than a sentence.
    places, claims, supported, length = list(quoted), [*quotation_claims(text, source)], 0.0, 0
    for part in sentences(text, source.language):
        if len(claims) >= _MAX_CLAIMS:
            break
        found, share, wrong = _sentence(part.text, source, named)
        places += found
        claims += wrong
        supported += len(part.text) * min(1.0, share + _REWORDED)
        length += len(part.text)
    return Examined(
        _joined(places, source), round(supported / (length or 1) * _WRONG ** len(claims), 2), tuple(claims)
    )


def _sentence(
    text: str, source: SourceText, cited: Sequence[Passage]
) -> tuple[list[range], float, list[Claim]]:
    """Where one sentence is found, the share of its words that are there, and what is wrong with it."""
    if place := source.find(text):
        return [place], 1.0, []
    if source.says(text):
        return [], 1.0, []
    passages, share = source.closest(tokens(text, source.language))
    beside = [*passages, *(passage for passage in cited if passage not in passages)]
    claims = [*islice(claims_of(Comparison(text, source, beside)), _MAX_CLAIMS)]
    found = [passage.place for passage in passages if passage.place and share >= _MIN_SHARE]
    return ([] if cited else found), share, claims


def _joined(places: Sequence[range], source: SourceText) -> tuple[range, ...]:
    """In order, those as one that overlap or have only white space between them."""
    joined: list[range] = []
    for place in sorted(places, key=lambda place: (place.start, -place.stop)):
        if joined and not source.text[joined[-1].stop : place.start].strip():
            joined[-1] = range(joined[-1].start, max(joined[-1].stop, place.stop))
        else:
            joined.append(place)
    return tuple(joined[:MAX_SPANS])
