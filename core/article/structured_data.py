"""JSON-LD within bounds: the facts that extraction reads, in a form on which its regexes stay linear."""

import json
import re
from dataclasses import dataclass, field
from html import unescape

_MAX_DEPTH = 8
_MAX_ITEMS = 40  # of a list
_MAX_CHARACTERS = 200  # of a string that is no text
_BUDGETS = {"script": 200_000, "repaired": 50_000, "name": 3_000, "text": 100_000, "other": 10_000}
_COST = 30  # characters that each counts as, beside its own
_TEXTS = set("articleBody reviewBody text description recipeInstructions step".split())
_NAMES = set("author name givenName additionalName familyName".split())
_KEYS = set(
    "@context @type @id @graph mainEntity liveBlogUpdate itemListElement acceptedAnswer publisher legalName "
    "alternateName headline datePublished dateModified image".split()
).union(_TEXTS, _NAMES)
_ADDRESS = re.compile(r"[^\n\"<>\\]{1,2048}")
_TAG = re.compile(r"<[^<>]*>|<")
_LOCKED = re.compile(r"[\"']isAccessibleForFree[\"']\s{0,9}:\s{0,9}[\"']?false", re.IGNORECASE)
_LOCK_FACTS = {
    "wordCount": re.compile(r'"wordCount"\s{0,9}:\s{0,9}"?(\d{1,6})'),
    "cssSelector": re.compile(r'"cssSelector"\s{0,9}:\s{0,9}"([.#][\w-]{1,60})"'),
}


@dataclass(slots=True)
class StructuredData:
    """The JSON-LD scripts of one page; `left` are the characters that it may still hold, by kind."""

    left: dict[str, int] = field(default_factory=_BUDGETS.copy)

    def spend(self, kind: str, characters: int) -> bool:
        """Whether so many more fit in; if so, they are taken off."""
        fits = characters + _COST <= self.left[kind]
        self.left[kind] -= (characters + _COST) * fits
        return fits

    def rebuilt(self, script: str) -> str:
        """A script's facts as a list of JSON objects with short strings and no markup in them, or ""."""
        if not self.spend("script", len(script)):
            return ""
        try:
            parsed = json.loads(script, strict=False)
        except (ValueError, RecursionError):
            parsed = self._repaired(script[max(0, script.find("{")) :])
        items = parsed[:_MAX_ITEMS] if isinstance(parsed, list) else [parsed]
        objects = [kept for item in items if isinstance(kept := self._kept(item), dict) and kept]
        if _LOCKED.search(script):  # at any depth
            details = {name: found[1] for name, fact in _LOCK_FACTS.items() if (found := fact.search(script))}
            objects.append({"isAccessibleForFree": False, **details})
        return json.dumps(objects, ensure_ascii=False) if objects else ""

    def _repaired(self, script: str) -> object:
        """What is meant by a script with stray quotes, commas or comments; None for a long one."""
        from json_repair import loads

        try:
            return loads(script, skip_json_loads=True) if self.spend("repaired", len(script)) else None
        except (ValueError, RecursionError):
            return None

    def _kept(self, value: object, key: str = "", depth: int = 0) -> object:
        """What of the value is read; something false where nothing is."""
        if key == "image":
            return self._address(value)
        if isinstance(value, str):
            return self._string(value, key)
        if isinstance(value, list) and depth < _MAX_DEPTH:
            return [*filter(None, (self._kept(item, key, depth + 1) for item in value[:_MAX_ITEMS]))]
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            parts = (
                (name, self._kept(part, name, depth + 1)) for name, part in value.items() if name in _KEYS
            )
            return {name: part for name, part in parts if part}
        return None

    def _address(self, value: object) -> str:
        """Of an image (schema.org/image), or of the first, as it is written."""
        first = value[0] if isinstance(value, list) and value else value
        address = first.get("url") or first.get("contentUrl") if isinstance(first, dict) else first
        fits = isinstance(address, str) and _ADDRESS.fullmatch(address) and self.spend("text", len(address))
        return str(address) if fits else ""

    def _string(self, value: str, key: str) -> str:
        kind = "name" if key in _NAMES else "text" if key in _TEXTS else "other"
        text = value[: max(0, self.left["text"] - _COST) if kind == "text" else _MAX_CHARACTERS]
        if not self.spend(kind, len(text)):
            return ""
        plain = " ".join(_TAG.sub(" ", unescape(text)).split())
        return plain.replace("&", "&amp;")  # it is unescaped once more when read
