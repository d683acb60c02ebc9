"""A thread as a file: plain text, Markdown, or JSON that a scheduler takes."""

import json
import re
from collections.abc import Mapping
from typing import Literal

from core.threads.schemas import GenerateAnswer

FileFormat = Literal["txt", "md", "json"]

MEDIA_TYPES: Mapping[str, str] = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
# What begins a block does so at a line's start, behind spaces or not (CommonMark, sections 4 and 5).
_MARKUP = re.compile(
    r"""(?P<link>https?://[^\s<>]+(?<![.,;:!?"']))
    | ^ (?P<indent>[ \t]) (?=[ \t]*\S)
    | ^ (?P<number>\d+) (?=[.)])
    | (?P<mark>[\\`*_{}\[\]<>\#|~&] | ^[-+=])""",
    re.MULTILINE | re.VERBOSE,
)


def exported(answer: GenerateAnswer, form: FileFormat) -> str:
    """The thread of a kept answer.

    txt: posts divided by three blank lines, where schedulers divide pasted text. md: by rules, under the
    title. json: `posts` as Typefully's API v2 takes them for each platform of a draft
    (typefully.com/docs/api).
    """
    contents = [post.content for post in answer.thread]
    if form == "json":
        return json.dumps({"posts": [{"text": content} for content in contents]}, ensure_ascii=False)
    if form == "txt":
        return "\n\n\n\n".join(contents) + "\n"
    title = [f"# {_markdown(' '.join(answer.title.split()))}"] if answer.title else []
    return "\n\n".join([*title, "\n\n---\n\n".join(map(_markdown, contents))]) + "\n"


def _markdown(text: str) -> str:
    """The text as it is to be read: what would be markup in Markdown or HTML is escaped, line ends stay."""
    escaped = _MARKUP.sub(_escaped, re.sub(r"\r\n?", "\n", text).strip())
    return re.sub(r"(?<!\n)\n(?!\n)", "  \n", escaped)


def _escaped(found: re.Match[str]) -> str:
    """A space as a reference indents nothing."""
    forms = {"link": f"<{found[0]}>", "indent": f"&#{ord(found[0][0])};", "number": f"{found[0]}\\"}
    return forms.get(str(found.lastgroup), f"\\{found[0]}")
