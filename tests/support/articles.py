"""Real pages of a public benchmark, if they are beside the checkout."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

from tests.support.paths import SHARED

ARTICLES = SHARED / "articles"
# The pages that tests hold to a result; `make bench` measures all that are there.
NAMES = """
    5f9c5ed5d64d ba07d1e64775 961bd85ca85a 8cad00dc22de abd9d6291b6b 360c732d1fdb
    776a1c046798 c582d3b77257 b6fb53e9fb04 702d1da63b8e c58aa507c4de aadb38e527d5
    6a72de37e8f9 1f765c487806 5a822960e9a2 4219d096902d f5c90a6d5253 cc4aa22b8212
    d0382c0d9573 87bf60570e6e 5fa5679de56c 7837c9d66c81 c13b9c0e04fb 16c30add7e96
""".split()


def real_pages() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Each page's name, HTML and truth (`url`, `articleBody`); none where they are not there."""
    if ARTICLES.is_dir():
        truth = json.loads((ARTICLES / "ground-truth.json").read_text(encoding="utf-8"))
        for name in NAMES:
            yield name, gzip.decompress((ARTICLES / f"{name}.html.gz").read_bytes()), truth[name]
