"""Pages that are dear to parse, made by a small grammar: markup, and structured data (JSON-LD)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.support.site import BODY, page
from tests.support.worst_units import UNITS, run_of

_MAX_BYTES = 1_900_000  # the fetcher takes 2 MB
_SIZES = (3_000, 13_000, 80_000, 400_000, _MAX_BYTES)
_ELEMENTS = (
    "p div span b i a li ul ol dl dd dt table tr td th tbody caption article section blockquote pre code h1 "
    "h2 form select option button label iframe object template noscript svg math details font center q sub "
    "sup figure main header footer nav aside time x-y"
).split()
_SPANS = (
    "{}=1000 {}='1000' {}=\"1000\" {}\t=\n1000 {}=+1000 {}=01000 {}=1000.5 {}=1000x {}=65534 {}=99999999999 "
    "{}=1e3 {}=１０００ {}=&#49;000 {}=0x3e8 {}=-1 {}=0 {}/=1000"
).split(" ")
_KEYS = (
    "author headline name description articleBody datePublished publisher @type @id image keywords".split()
)
_ATTRIBUTES = "class id style title href src alt content itemprop datetime data-a lang onclick".split()


def markup(chance: random.Random) -> str:
    """One to three dear constructs, before, around or behind an article that can be read."""
    size = chance.choice(_SIZES)
    parts = [chance.choice(_CONSTRUCTS)(chance, size // 3) for _ in range(chance.randint(1, 3))]
    parts.insert(chance.randrange(len(parts) + 1), chance.choice(["", BODY, BODY * 3]))
    whole = "".join(parts)[:_MAX_BYTES]
    return whole if chance.random() < 0.3 else page(whole)


def spans(rows: int, cells: str = "<td colspan=1000 rowspan=1000>") -> str:
    """A page with a table of that many rows."""
    return page(BODY + "<table>" + f"<tr>{cells}x" * rows + "</table>")


def _table(chance: random.Random, size: int) -> str:
    def span(name: str) -> str:
        spelled = chance.choice(_SPANS).format(chance.choice([name, name.upper(), name.title()]))
        return f"{chance.choice(['', 'x=1 ', 'a='])}{spelled}"

    cells = [
        f"<{chance.choice(['td', 'th', 'TD'])} {span('colspan')} {span('rowspan')}>{chance.choice(['', 'x'])}"
        for _ in range(chance.randint(1, 5))
    ]
    row = f"<tr>{''.join(cells)}{chance.choice(['', '</tr>', '<table>', '</td>'])}"
    return "<table>" + run_of(row, max_bytes=size) + chance.choice(["", "</table>"])


def _nested(chance: random.Random, size: int) -> str:
    names = [chance.choice(_ELEMENTS) for _ in range(chance.randint(1, 3))]
    inside = chance.choice(["", "x", "word word. ", "<br>"])
    opened = "".join(f"<{name}>{inside}" for name in names)
    number = size // len(opened)
    ends = "".join(f"</{name}>" for name in reversed(names))
    return opened * number + chance.choice(["", ends * number])


def _siblings(chance: random.Random, size: int) -> str:
    name, unit = chance.choice(_ELEMENTS), UNITS[chance.choice(sorted(UNITS))]
    text = unit * chance.choice([1, 3, 40])
    return run_of(f"<{name}>{text}{chance.choice([f'</{name}>', '', '</x>'])}", max_bytes=size)


def _attributes(chance: random.Random, size: int) -> str:
    name = chance.choice(_ELEMENTS)
    value = chance.choice(["", "=1", '=""', "='", '="a b"', '="' + "x" * 500 + '"', "=&quot;", "=<"])
    many = " ".join(f"{chance.choice(_ATTRIBUTES)}{n}{value}" for n in range(chance.choice([3, 60, 5_000])))
    return run_of(f"<{name} {many}>x", max_bytes=size)


def _head(chance: random.Random, size: int) -> str:
    names = "author description og:title article:published_time keywords viewport".split()
    unit = UNITS[chance.choice(sorted(UNITS))].replace('"', "&quot;")
    content = unit * chance.choice([1, 50, 5_000])
    return run_of(
        f'<meta {chance.choice(["name", "property"])}="{chance.choice(names)}" content="{content}">',
        max_bytes=size,
    )


def _raw(chance: random.Random, size: int) -> str:
    opened = "<!-- <![CDATA[ <!DOCTYPE <script> <style> <title> <textarea> <? </ <!-- --!> <xmp> <plaintext>"
    return run_of(chance.choice(opened.split()) + chance.choice(["", "x", "-", ">"]), max_bytes=size)


def _references(chance: random.Random, size: int) -> str:
    found = (
        "&amp; &lt; &#65; &#x41; &#0; &#1; &#99999999; &#x110000; & &a &; &#; &NotEqualTilde; &nbsp".split()
    )
    return run_of(chance.choice(found), max_bytes=size)


def _dates(chance: random.Random, size: int) -> str:
    found = ["12 March 2019 ", "2019-03-12 ", "12/03/2019", "<time datetime=2019-03-12>x</time>", "© 2019 "]
    return run_of(chance.choice(found), max_bytes=size)


def _text(chance: random.Random, size: int) -> str:
    unit = UNITS[chance.choice(sorted(UNITS))]
    return chance.choice(["<p>", "<pre>", "<td>", "<h1>"]) + run_of(unit, max_bytes=size)


_CONSTRUCTS: list[Callable[[random.Random, int], str]] = [
    _table,
    _table,
    _nested,
    _siblings,
    _attributes,
    _head,
    _raw,
    _references,
    _dates,
    _text,
]


def data_page(data: str, kind: str = "application/ld+json") -> str:
    """An article whose page has this structured data."""
    return page(f'<script type="{kind}">{data}</script>{BODY}')


def escaped_quotes(number: int) -> str:
    """The name of an author that is never closed: so many escaped quotation marks."""
    return '{"author":{"name":"' + '\\"' * number


def structured_data(chance: random.Random) -> str:
    """A page with one or many scripts of JSON-LD, right or broken."""
    size, number = chance.choice(_SIZES[:4]), chance.choice([1, 1, 1, 3, 300])
    data = chance.choice(_DATA)(chance, max(100, size // number))
    if chance.random() < 0.3:
        data = data[: chance.randrange(len(data)) + 1]  # cut anywhere
    kinds = ["application/ld+json", "application/LD+JSON", "application/settings+json"]
    return data_page(f'{data}</script><script type="{chance.choice(kinds)}">' * number, chance.choice(kinds))


def _long_string(chance: random.Random, size: int) -> str:
    """A string of escapes or of a unit, anywhere a page may name something."""
    units = ['\\"', "\\\\", "\\u0022", "\\n", "\\/", "<\\/script>", '{\\"@type\\":\\"Person\\"', "&quot;"]
    units += [json.dumps(unit)[1:-1] for unit in UNITS.values()]
    value = '"' + run_of(chance.choice(units), max_bytes=size) + chance.choice(['"', "", '\\"'])
    key = chance.choice(_KEYS)
    shapes = ['{"%s":%s}', '{"author":{"%s":%s}}', '{"author":[{"%s":%s}]}', '{"@graph":[{"%s":%s}]}']
    return chance.choice(shapes) % (key, value)


def _deep(chance: random.Random, size: int) -> str:
    opened = chance.choice(["[", '{"author":', '{"a":', '[{"name":', '{"@graph":['])
    number = size // len(opened)
    closed = "".join("]" if each == "[" else "}" for each in reversed(opened) if each in "[{")
    return opened * number + "1" + chance.choice([closed * number, ""])


def _wide(chance: random.Random, size: int) -> str:
    key = chance.choice(_KEYS)
    item = chance.choice(
        ["1", '"a"', "{}", '{"@type":"Person","name":"A B"}', f'{{"{key}":"\\""}}', "1e999", "9" * 5_000]
    )
    many = ",".join([item] * max(1, size // (len(item) + 1)))
    pairs = ",".join(f'"{key}{n}":{item}' for n in range(max(1, size // (len(key) + len(item) + 9))))
    return chance.choice([f'{{"@type":"Article","{key}":[{many}]}}', f"[{many}]", f"{{{pairs}}}"])


_DATA: list[Callable[[random.Random, int], str]] = [_long_string, _long_string, _deep, _wide]
