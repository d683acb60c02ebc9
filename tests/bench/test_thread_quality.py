"""What the table of threads counts."""

from __future__ import annotations

import pytest

from bench.thread_quality import Verdict, judge

LINK, TITLE = "https://example.com/b", "Bridge closes"
LEAD = "The council closed the old harbour bridge on Monday for long repairs."
FACT = "Engineer Ann Singh counted a hundred cracks in the northern girders."
SAID = "Singh said nobody had looked at these girders for thirty years."
TRUTH = f"{LEAD}\n\n{FACT} {SAID}"


def verdict(*posts: str) -> Verdict:
    contents = [f"{post}\n\n{n}/{len(posts)}" for n, post in enumerate(posts, 1)]
    return judge(contents, link=LINK, title=TITLE, truth=TRUTH, source=TRUTH)


GOOD = {"lead told", "lead in post 1"}


@pytest.mark.parametrize(
    ("posts", "flaws"),
    [
        pytest.param([f"{TITLE}\n\n{LEAD}", f"{FACT} {SAID}\n\n{LINK}"], GOOD, id="right"),
        pytest.param([TITLE, LEAD, f"{FACT}\n\n{LINK}"], GOOD, id="title-alone"),
        pytest.param([f"{TITLE}\n\n{FACT}", f"{LEAD}\n\n{LINK}"], {"lead told"}, id="lead-later"),
        pytest.param([f"{TITLE}\n\n{FACT}\n\n{LINK}"], set(), id="lead-lost"),
        pytest.param(
            [LEAD, f"Sign up for our free weekly letter.\n\n{LINK}"], GOOD | {"not article text"}, id="alien"
        ),
        pytest.param([LEAD, f"{LEAD}\n\n{LINK}"], GOOD | {"says it twice"}, id="twice"),
        pytest.param([LEAD, f"{SAID}\n\n{LINK}"], GOOD | {"bare surname"}, id="surname"),
        pytest.param([LEAD, f"“{FACT}\n\n{LINK}"], GOOD | {"unpaired quote"}, id="quote"),
        pytest.param([LEAD, LINK], GOOD | {"last only link"}, id="link"),
        pytest.param([f"LONDON (Reuters) - {LEAD}\n\n{LINK}"], GOOD | {"dateline"}, id="dateline"),
    ],
)
def test_flaws_are_found(posts: list[str], flaws: set[str]) -> None:
    assert {name for name, found in verdict(*posts).flaws().items() if found} == flaws
