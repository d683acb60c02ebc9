"""What all peers do on a miss: ask the model once, and shape its answer as Threadr's first fields."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx

_CLIENT = httpx.AsyncClient(timeout=60, trust_env=False)


async def write(text: str) -> dict[str, Any]:
    """A thread about the text."""
    messages = [
        {"role": "system", "content": "Write a thread."},
        {"role": "user", "content": f"-\n{text}\n-"},
    ]
    url = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
    answer = await _CLIENT.post(url, json={"model": "gpt-5.4-mini", "messages": messages})
    posts = json.loads(answer.json()["choices"][0]["message"]["content"])["posts"]
    return {"success": True, "thread": [_post(n, posts) for n in range(len(posts))], "source_type": "text"}


def _post(n: int, posts: list[dict[str, Any]]) -> dict[str, Any]:
    content = f"{posts[n]['text']}\n\n{n + 1}/{len(posts)}"
    evidence = [{"quote": quote} for quote in posts[n]["evidence"]]
    return {
        "number": n + 1,
        "total": len(posts),
        "content": content,
        "character_count": len(content),
        "evidence": evidence,
    }
