"""A thread as the bodies that the platforms' APIs take, by the templates in payloads.toml."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from core.article.article import Card
from core.errors import InvalidRequest
from core.text.facets import facets_in
from core.text.language import guess
from core.text.platforms import PLATFORMS, PlatformName
from core.text.word_lists import word_lists
from core.threads.schemas import GenerateAnswer

PayloadFormat = Literal[PlatformName, "typefully"]
_Values = Mapping[str, Callable[[], object]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = re.compile("<([a-z]+)>")
# learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format
_RESERVED = re.compile(r"(?<![^\s(])#([^\W_]*[^\W\d_][^\W_]*)(?!\w)|[\\|{}@\[\]()<>#*_~]")


def payload(answer: GenerateAnswer, form: PayloadFormat, created_at: float) -> str:
    """PlatformPosts as JSON, or TypefullyDraft. `created_at`, in epoch seconds, becomes the posts' own time.

    Raises InvalidRequest when the posts do not fit on the platform.
    """
    made = _draft(answer) if form == "typefully" else _bodies(answer, form, created_at)
    return json.dumps(made, ensure_ascii=False)


def _draft(answer: GenerateAnswer) -> dict[str, object]:
    """The body of POST /v2/social-sets/{social_set_id}/drafts (typefully.com/docs/api), not scheduled."""
    draft = {"enabled": True, "posts": [{"text": post.content} for post in answer.thread]}
    titled = {"draft_title": answer.title} if answer.title else {}
    return {"platforms": {answer.platform: draft}, **titled}


def _bodies(answer: GenerateAnswer, form: PlatformName, created_at: float) -> dict[str, object]:
    posts, card, link = [post.content for post in answer.thread], answer.source.card, answer.source.url
    if form != answer.platform:
        _raise_unless_fitting(posts, form)
    language = guess("\n".join(posts), answer.source.language)
    linking = next((at for at, post in enumerate(posts) if link in post.split()), -1)
    bodies = []
    for at in range(len(posts)):
        template = _template(form, "post", "reply" if at else "", "card" if at == linking else "")
        bodies.append(_filled(template, _values(answer, at, language, created_at)))
    uploads, place = [], word_lists(__file__)["images"].get(form)
    if place and linking >= 0 and card and card.image:
        uploads.append({"image": card.image, "alt": card.alt, "at": f"/posts/{linking}/{place}"})
    return {"posts": bodies, "uploads": uploads}


def _template(form: PlatformName, *parts: str) -> dict[str, str]:
    tables = word_lists(__file__)
    return {name: value for part in parts for name, value in tables.get(f"{form}_{part}", {}).items()}


def _raise_unless_fitting(posts: Sequence[str], form: PlatformName) -> None:
    rule = PLATFORMS[form]
    long = [number for number, post in enumerate(posts, 1) if rule.length_of(post) > rule.limit]
    if long or len(posts) > rule.max_posts:
        fault = f"post {long[0]} is too long" if long else f"{len(posts)} posts are too many"
        raise InvalidRequest(f"For {form}, {fault}. Make the thread again with platform: {form}.")


def _values(answer: GenerateAnswer, at: int, language: str | None, created_at: float) -> _Values:
    """What the templates name, of the post at this index."""
    post, source, card = answer.thread[at].content, answer.source, answer.source.card or Card()
    made = _EPOCH + timedelta(milliseconds=round(created_at * 1000) + at)  # feeds sort by it
    return {
        "text": lambda: post,
        "commentary": lambda: _RESERVED.sub(_escaped, post),
        "facets": lambda: facets_in(post, source.url),
        "before": lambda: at,
        "made": lambda: made.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "language": lambda: language,
        "languages": lambda: [language] if language else None,
        "link": lambda: source.url,
        "title": lambda: card.title or answer.title or source.url,
        "description": lambda: card.description or "",
        "summary": lambda: card.description,
    }


def _escaped(found: re.Match[str]) -> str:
    return f"{{hashtag|\\#|{found[1]}}}" if found[1] else f"\\{found[0]}"


def _filled(template: object, values: _Values) -> object:
    """The template with its values; None where it has a name alone, and that has none."""
    if isinstance(template, str):
        if name := _MARK.fullmatch(template):
            return values[name[1]]()
        return _MARK.sub(lambda name: str(values[name[1]]()), template)
    if isinstance(template, dict):
        filled = {name: _filled(part, values) for name, part in template.items()}
        return {name: part for name, part in filled.items() if part is not None}
    return template
