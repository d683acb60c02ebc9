"""Another view of a draft that is there: a job of a worker."""

from collections.abc import Iterator

from core.cache.draft import KeptDraft, Proof
from core.text.language import guess
from core.text.platforms import PLATFORMS
from core.text.sentences import as_written, sentences
from core.text.splitting import fits, pack
from core.text.thread import Brief
from core.threads.laying_out import LaidOut, Origin, lay_out_with_proofs

_MIN_PART = 40  # of a post that was divided, in what the platform counts: less is a scrap
_TRIES = 4

Texts = list[tuple[str, Proof]]


def view_of(draft: KeptDraft, brief: Brief, origin: Origin, now: float) -> LaidOut | None:
    """The draft as the brief wants it; None where a model should write another.

    Posts go as they are, one too long is divided between sentences, and one post is made of all where the
    platform has no threads. What `POST /api/validate` would find fault with is no view.
    """
    texts = _texts(draft, brief) if _serves(draft, brief) else None
    if texts is None:
        return None
    made = lay_out_with_proofs(texts, draft.hooks[: brief.hooks], brief, origin, now)
    return made if made.thread.posts and _is_valid(made, brief) else None


def _serves(draft: KeptDraft, brief: Brief) -> bool:
    """Whether it is what a model would write for the brief, as far as numbers say.

    A thread that did not use the posts that it was allowed would not be longer with more of them.
    """
    if not draft.posts or brief.hooks > draft.max_hooks:
        return False
    if PLATFORMS[draft.platform].max_posts == 1 or brief.rule.max_posts == 1:
        return brief.rule.max_posts == 1
    used = min(len(draft.posts), draft.max_posts)
    return used <= brief.max_posts and (brief.max_posts <= draft.max_posts or used < draft.max_posts)


def _texts(draft: KeptDraft, brief: Brief) -> Texts | None:
    """What becomes the posts; None where a text would be cut, or divided badly."""
    texts = [*zip(draft.posts, draft.proofs, strict=True)]
    if brief.rule.max_posts == 1 and len(texts) > 1:
        texts = [("\n\n".join(draft.posts), _joined(draft))]
    if len(texts) == 1 and fits(texts[0][0], brief.rule.limit, brief.rule.length_of):
        return texts
    parts = [[*_divided(text, brief)] for text, _ in texts]
    found = [(part, proof) for each, (_, proof) in zip(parts, texts, strict=True) for part in each]
    is_divided = len(found) > len(texts)
    return None if not all(parts) or (is_divided and len(found) > brief.allowed_posts) else found


def _divided(text: str, brief: Brief) -> Iterator[str]:
    """The text as the fewest parts that fit, of much the same length; nothing where one would be bad."""
    length_of, most = brief.rule.length_of, brief.max_length
    if fits(text, most, length_of):
        yield text
        return
    whole = [*as_written(sentences(text, guess(text) or "en"), text)]
    if not all(fits(each.text, most, length_of) for each in whole):
        return
    fewest = [*pack(whole, max_length=most, count=length_of)]
    least = max(length_of(text) / len(fewest), *(length_of(each.text) for each in whole))
    limits = (int(least + (most - least) * step / _TRIES) for step in range(_TRIES))
    tried = ([*pack(whole, max_length=limit, count=length_of)] for limit in limits)
    parts = next((each for each in tried if len(each) == len(fewest)), fewest)
    if all(length_of(part) >= _MIN_PART for part in parts):
        yield from parts


def _joined(draft: KeptDraft) -> Proof:
    """Of all posts, each as far as it is long."""
    spans = sorted({span for proof in draft.proofs for span in proof.spans})
    posts = zip(draft.posts, draft.proofs, strict=True)
    support = sum(len(text) * (proof.support or 0) for text, proof in posts) / sum(map(len, draft.posts))
    return Proof(tuple(spans), round(support, 2))


def _is_valid(made: LaidOut, brief: Brief) -> bool:
    from core.threads.edit_schemas import ValidateRequest
    from core.threads.validate import validate_thread

    contents = [post.content for post in made.thread.posts]
    request = ValidateRequest.model_validate({"thread": contents, "platform": brief.platform})
    return validate_thread(request).valid


def prepare() -> None:
    """Import what this job needs."""
    draft = KeptDraft(posts=("One. Two.",), proofs=(Proof(),), max_posts=12)
    view_of(draft, Brief(), Origin(), 0)
