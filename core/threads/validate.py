"""What would keep an edited thread from being posted, found without any model."""

import re
from collections.abc import Sequence

from core.text.cleaning import is_allowed
from core.text.platforms import PLATFORMS, Platform
from core.text.platforms import prepare as prepare  # what a worker needs
from core.threads.edit_schemas import ReviewedPost, ValidateAnswer, ValidateRequest

_NUMBER = re.compile(r"^\(?(\d{1,3})/(\d{1,3})\)?\Z", re.MULTILINE)  # the last line


def validate_thread(request: ValidateRequest) -> ValidateAnswer:
    """Every post counted as the platform does, and what is wrong with it in words."""
    platform = PLATFORMS[request.platform]
    contents = [post.content for post in request.thread]
    posts = [_validate_post(number, contents, platform) for number in range(1, len(contents) + 1)]
    problems = []
    if len(contents) > platform.max_posts:
        most = "one post" if platform.max_posts == 1 else f"{platform.max_posts} posts"
        problems.append(f"A thread has at most {most} here, and this one has {len(contents)}.")
    return ValidateAnswer(
        success=True,
        valid=not problems and not any(post.problems for post in posts),
        platform=request.platform,
        limit=platform.limit,
        thread=posts,
        problems=problems,
    )


def _validate_post(number: int, contents: Sequence[str], platform: Platform) -> ReviewedPost:
    content = contents[number - 1]
    counted = platform.count(content)
    return ReviewedPost(
        number=number,
        total=len(contents),
        content=content,
        character_count=counted,
        remaining=platform.limit - counted,
        problems=[*_post_problems(content, counted, platform), *_position_problems(number, contents)],
    )


def _post_problems(content: str, counted: int, platform: Platform) -> list[str]:
    problems = []
    if not content.strip():
        problems.append("The post is empty.")
    if counted > platform.limit:
        problems.append(f"It is {counted - platform.limit} over the limit of {platform.limit}.")
    if not all(character in "\t\r" or is_allowed(character) for character in content):
        problems.append("It holds control characters, or invisible ones that change how it reads.")
    return problems


def _position_problems(number: int, contents: Sequence[str]) -> list[str]:
    problems, content, total = [], contents[number - 1], len(contents)
    named = _NUMBER.search(content.strip())
    if named and (int(named[1]), int(named[2])) != (number, total):
        problems.append(f"It says {named[1]}/{named[2]}, and is post {number} of {total}.")
    # X refuses a post that repeats one; elsewhere it is a slip all the same.
    if content.strip() and content in contents[: number - 1]:
        problems.append(f"It is the same as post {contents.index(content) + 1}.")
    return problems
