"""Takes the values of secrets out of text and of displayed data. Knows nothing of where secrets come from."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any

MASK = "••••"

_SHORTEST = 4
"""Characters. Masking anything shorter would make text unreadable and hide nothing."""


class Mask:
    """Replaces secret values wherever they stand, also as Python, JSON or HTML write them."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self.reach = max(map(len, forms), default=1) - 1
        """Characters at the end of a text that may be the beginning of a secret."""

    def text(self, text: str) -> str:
        """The text without secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def cut_beside_secret(self, text: str, cut: int) -> int:
        """The place at or before `cut` where the text can be divided without dividing a secret."""
        if self._pattern is None:
            return cut
        for found in self._pattern.finditer(text, max(cut - self.reach, 0), cut + self.reach):
            if found.start() < cut < found.end():
                return found.start()
        return cut

    def data(self, data: Any) -> Any:
        """The JSON value with every text in it masked; keys too."""
        if self._pattern is None:
            return data
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, list):
            return [self.data(item) for item in data]
        if isinstance(data, dict):
            return {self.text(key): self.data(item) for key, item in data.items()}
        return data


def _forms(value: str) -> set[str]:
    lines = [line for line in value.splitlines() if len(line) >= _SHORTEST]
    return {
        value,
        *lines,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        html.escape(value),
    }
