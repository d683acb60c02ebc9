"""Real pages of a public benchmark, where `make bench-data` has put them."""

from __future__ import annotations

from bench.articles import PLACES, load

FOLDER = next((place for place in PLACES if (place / "ground-truth.json").is_file()), None)
# The pages that tests hold to a result; `make bench` measures all that are there.
NAMES = """
    5f9c5ed5d64d ba07d1e64775 961bd85ca85a 8cad00dc22de abd9d6291b6b 360c732d1fdb
    776a1c046798 c582d3b77257 b6fb53e9fb04 702d1da63b8e c58aa507c4de aadb38e527d5
    6a72de37e8f9 1f765c487806 5a822960e9a2 4219d096902d f5c90a6d5253 cc4aa22b8212
    d0382c0d9573 87bf60570e6e 5fa5679de56c 7837c9d66c81 c13b9c0e04fb 16c30add7e96
""".split()


def real_pages() -> dict[str, tuple[bytes, str, str]]:
    """Each page's HTML, address and annotated text by its name; none where they are not there."""
    pages = load(FOLDER) if FOLDER else {}
    return {name: pages[name] for name in NAMES if name in pages}
