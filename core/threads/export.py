"""A thread as a file: plain text, Markdown, or JSON that a scheduler takes."""

import json
import re
from collections.abc import Mapping
from typing import Literal

from core.threads.schemas import GenerateAnswer

Format = Literal["txt", "md", "json"]

MEDIA_TYPES: Mapping[Format, str] = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
_LINK = re.compile(r"(https?://[^\s<>]+)")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&]|^[-+=]|(?<=^\d)[.)])", re.MULTILINE)


def exported(answer: GenerateAnswer, form: Format) -> str:
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
    title = [f"# {_markdown(answer.title)}"] if answer.title else []
    return "\n\n".join([*title, "\n\n---\n\n".join(map(_markdown, contents))]) + "\n"


def _markdown(text: str) -> str:
    """The text as it is to be read: what would be markup in Markdown or HTML is escaped, line ends stay."""
    parts = _LINK.split(text)
    parts[::2] = (_MARKS.sub(r"\\\1", part) for part in parts[::2])
    parts[1::2] = (f"<{link}>" for link in parts[1::2])
    return re.sub(r"(?<!\n)\n(?!\n)", "  \n", "".join(parts))
