"""The one place where papermill and nbformat are first imported, without two slow dependencies.

nbformat loads a whole RFC grammar (1.3 s) to check the format of addresses, which no notebook has, and
papermill loads pyarrow for Hadoop file systems, which are not used here. Both do without what is missing.
"""

from __future__ import annotations

import importlib
import sys

_SLOW = ("rfc3987_syntax", "pyarrow")


def bring_papermill() -> None:
    """Import papermill, with what it imports, as quickly as it goes. Afterwards both are importable again."""
    blocked = [name for name in _SLOW if name not in sys.modules]
    for name in blocked:
        # None makes an import of that name fail, as if it were not installed.
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("papermill")
    finally:
        for name in blocked:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]
