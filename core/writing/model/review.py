"""What is wrong with the texts of an answer: too long, in another language, not what the source says."""

from collections.abc import Sequence

from core.text.language import guess
from core.text.thread import which_fit
from core.writing.evidence.examination import examine
from core.writing.evidence.source import SourceText
from core.writing.model.finding import Finding, Rule, Written
from core.writing.model.prompt import Question

_MIN_BYTES = 80  # of a text whose language shows
_MAX_PASSAGES = 1_000  # characters of the source that are sent with a text


def reviewed(texts: Sequence[Written], question: Question, rule: Rule) -> list[Finding]:
    """A finding for each text."""
    source = SourceText(question.source, question.language)
    wanted, own = (base_of(code) for code in (question.wanted, question.language))
    translated = wanted is not None and own is not None and wanted != own
    fitting = which_fit([each.text for each in texts], rule.max_length, rule.platform)
    findings = []
    for each, fits in zip(texts, fitting, strict=True):
        foreign = _is_foreign(each.text, wanted, source)
        examined = examine(each.text, source, each.cited, translated=translated or foreign)
        claims = tuple((claim.kind, claim.written) for claim in examined.claims)
        passages = "\n".join(source.text[place.start : place.stop] for place in examined.places)
        findings.append(Finding(each, fits, foreign, claims, passages[:_MAX_PASSAGES]))
    return findings


def base_of(code: str | None) -> str | None:
    """The language of a BCP 47 code without region and script."""
    return (code or "").partition("-")[0].lower() or None


def _is_foreign(text: str, wanted: str | None, source: SourceText) -> bool:
    if wanted is None or len(text.encode("utf-8", "replace")) < _MIN_BYTES or source.says(text):
        return False
    return guess(text, wanted) != guess("", wanted)
