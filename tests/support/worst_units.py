"""Short texts whose long runs are dear for something that reads text: each by a name."""

from __future__ import annotations

import random

UNITS = {
    # What counts as one character, and what normal forms and case make longer.
    "flag": "🇩🇪",
    "family": "👨‍👩‍👧‍👦",
    "keycap": "1️⃣",
    "skin-tone": "👍🏽",
    "accent": "e\u0301",
    "stacked-accents": "a" + "\u0301\u0316" * 10,
    "jamo": "\u1100",
    "thai": "ที่",
    "devanagari": "क्षि",
    "joiner": "\u200d",
    "tag-letter": "\U000e0061",
    "dotted-i": "İ",
    "ligature": "\ufdfa",  # 18 letters in NFKC
    "override": "\u202ea",
    # Digits and what groups them.
    "digits": "1",
    "digit-comma": "1,",
    "digit-point": "1.",
    "digit-space": "1 ",
    "brahmi-digit-comma": "\U00011066,",
    "arabic-digit": "٣٬",
    "fraction": "½",
    "number-word": "one hundred ",
    "numbered": "1/2 ",
    # Links, mentions and tags.
    "link": "http://a.co ",
    "glued-names": "a.com",
    "glued-hyphens": "a-a.com",
    "glued-ideographs": "a。com",
    "bare-link": "a.co ",
    "scheme": "http://",
    "host-labels": "a.",
    "open-path": "https://a.co/(",
    "mention": "@a@b.co ",
    "at": "@",
    "hashtag": "#a ",
    "cashtag": "$A ",
    "e-mail": "a@b.co",
    "wide-point": "a．",
    # Sentences, clauses, brackets, spaces.
    "letter": "a",
    "word": "word ",
    "sentence": "A b. ",
    "abbreviation": "Dr. ",
    "chinese": "中",
    "chinese-sentence": "中。",
    "arabic": "مرحبا ",
    "quote": '"',
    "curly-quotes": "“a” ",
    "brackets": "([{",
    "point": ".",
    "clauses": "a, ",
    "list-item": "- a\n",
    "blank-lines": "\n\n",
    "carriage-return": "a\r",
    "spaces": " \u00a0\u3000",
    # What other languages mean by it.
    "tag": "<p>",
    "reference": "&amp;",
    "backslash": "\\",
    "percent": "%20",
    "fence": "```\n",
    "object": '{"posts":',
}


def run_of(unit: str, *, max_bytes: int) -> str:
    """The unit again and again, in at most `max_bytes` of UTF-8, at least once."""
    return unit * max(1, max_bytes // len(unit.encode()))


def mixture(chance: random.Random, *, max_bytes: int) -> str:
    """Runs of up to four units, one after the other or taking turns; a word or a line end now and then."""
    units = [UNITS[name] for name in chance.sample(sorted(UNITS), chance.randint(1, 4))]
    lengths = [chance.choice([1, 1, 2, 7, 300, 20_000]) for _ in units]
    turn = "".join(unit * length for unit, length in zip(units, lengths, strict=True))
    turn += chance.choice(["", "", " ", "\n", ". ", " word "])
    text = run_of(turn, max_bytes=max_bytes)
    kept = text.encode()[:max_bytes].decode(errors="ignore")
    return f"{chance.choice(['', 'One sentence. ', '1/2 '])}{kept}"[: len(kept)]
