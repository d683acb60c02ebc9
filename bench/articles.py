"""Real pages with their annotated text: 60 of the public article-extraction-benchmark (Scrapinghub/Zyte).

python -m bench.articles [address]     downloads them into bench/data/articles, by name and hash
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DATA = ROOT / "bench/data/articles"
PLACES = (ROOT / "../shared/articles", ROOT / "../../shared/articles", DATA)
HASHES = Path(__file__).with_suffix(".sha256")
ADDRESS = (
    "https://raw.githubusercontent.com/scrapinghub/article-extraction-benchmark"
    "/11b407d43934becc20873bb3dcd5e3d2591746d3"
)
MISSING = "The annotated pages are not here, so nothing is measured; `make bench-data` downloads them."
_SHORT = 12  # digits of a page's name that the files here have
_SECONDS = 30


def folder() -> Path | None:
    """Where the pages are; None, with a line on standard output, where they are not."""
    found = next((place for place in PLACES if (place / "ground-truth.json").is_file()), None)
    if found is None:
        print(f"{MISSING}\n")
    return found


def load(at: Path) -> dict[str, tuple[bytes, str, str]]:
    """Each page's HTML, address and annotated text by its name."""
    truth = json.loads((at / "ground-truth.json").read_text("utf-8"))
    return {
        name: (gzip.decompress((at / f"{name}.html.gz").read_bytes()), each["url"], each["articleBody"])
        for name, each in truth.items()
    }


def download(address: str = ADDRESS, to: Path = DATA, hashes: Path = HASHES) -> int:
    """Fetch the pages that `hashes` names, and their annotations; the number of them.

    A line of it has the page's name, the SHA-256 of its HTML and that of its annotated text in UTF-8. Raises
    ValueError where what came is something else: nothing of it is kept.
    """
    to.mkdir(parents=True, exist_ok=True)
    truth: dict[str, Any] = json.loads(_fetched(f"{address}/ground-truth.json"))
    kept = {}
    for name, page_hash, text_hash in (line.split() for line in hashes.read_text().splitlines()):
        entry = {key: truth[name][key] for key in ("articleBody", "url")}
        packed = _fetched(f"{address}/html/{name}.html.gz")
        _check(name, gzip.decompress(packed), page_hash)
        _check(name, entry["articleBody"].encode(), text_hash)
        (to / f"{name[:_SHORT]}.html.gz").write_bytes(packed)
        kept[name[:_SHORT]] = entry
    (to / "ground-truth.json").write_text(json.dumps(kept), "utf-8")  # last: it says that all are there
    return len(kept)


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 - ours, or the caller's
        body: bytes = answer.read()
        return body


def _check(name: str, content: bytes, expected: str) -> None:
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(f"{name} is not the page or the text that was measured: its SHA-256 is another.")


if __name__ == "__main__":
    print(f"{download(sys.argv[1] if sys.argv[1:] else ADDRESS)} pages are in {DATA.relative_to(ROOT)}.")
