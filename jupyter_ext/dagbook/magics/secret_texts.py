"""Takes the values of a run's secrets out of what is to be recorded."""

from __future__ import annotations

import os
from typing import Final

from dagbook.notebook.source import SECRET_PREFIX

MASK: Final = "***"
_SHORTEST: Final = 4


def masked(text: str) -> str:
    """The text with every secret of this process's environment made `***`."""
    for name, secret in os.environ.items():
        if name.startswith(SECRET_PREFIX) and len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return text
