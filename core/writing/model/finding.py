"""What is found wrong with the texts of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.text.platforms import PlatformName
from core.writing.draft import Draft


@dataclass(frozen=True, slots=True)
class Written:
    """A text of an answer, and what the model cites for it."""

    text: str
    cited: tuple[str, ...] = ()
    is_hook: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a text may be, and where."""

    max_length: int
    platform: PlatformName


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a text: its length, its language, or claims, by kind, that the source does not make.

    `passages`: what the source says of its matter.
    """

    written: Written
    fits: bool = True
    is_foreign: bool = False
    claims: tuple[tuple[str, str], ...] = ()
    passages: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether there is more than its length to put right."""
        return self.is_foreign or bool(self.claims)

    @property
    def weight(self) -> tuple[bool, bool, bool, int]:
        """The less, the better; an empty text is worst."""
        return not self.written.text, self.is_foreign, not self.fits, len(self.claims)


def written_in(draft: Draft, hooks: int) -> list[Written]:
    """The texts of a draft that are not empty, `hooks` of its hooks last."""
    cited = draft.evidence or ((),) * len(draft.posts)
    posts = [Written(*each) for each in zip(draft.posts, cited, strict=False) if each[0]]
    return posts + [Written(hook, is_hook=True) for hook in [*filter(None, draft.hooks)][:hooks]]


def mended_draft(draft: Draft, found: Sequence[Finding]) -> Draft:
    """The draft with the texts that were found; what is still in another language is left out."""
    written = [finding.written for finding in found if not finding.is_foreign]
    posts = [each for each in written if not each.is_hook]
    hooks = tuple(each.text for each in written if each.is_hook)
    texts, cited = tuple(each.text for each in posts), tuple(each.cited for each in posts)
    return replace(draft, posts=texts, evidence=cited, hooks=hooks)


def claims_in(found: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """All claims that fail, each once."""
    return tuple(
        dict.fromkeys(claim for finding in found if not finding.is_foreign for claim in finding.claims)
    )
