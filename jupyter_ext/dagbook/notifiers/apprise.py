"""Tells people through Apprise, which knows some hundred services. An extra: `dagbook[notify]`."""

from __future__ import annotations

import logging
import re
from importlib.util import find_spec
from io import StringIO
from typing import Any, Final
from urllib.parse import unquote

from dagbook.engine.ports import NotifyFailed
from dagbook.run.outcome import Notice

MISSING: Final = "Apprise is not installed"
INSTALL: Final = "pip install 'dagbook[notify]'"

_SHORTEST: Final = 4
_MASK: Final = "••••"


class AppriseNotifier:
    """Implements `engine.ports.Notifier`."""

    def problem(self, address: str) -> str | None:
        """Why Apprise cannot use the address; it is not tried out."""
        if not is_installed():
            return MISSING
        if _service(address) is None:
            return f"`{scheme_of(address)}://…` is no address that Apprise knows, or it is not complete"
        return None

    def send(self, address: str, notice: Notice) -> None:
        """Tell it, once. Raises NotifyFailed."""
        if not is_installed():
            raise NotifyFailed(f"{MISSING}; {INSTALL}")
        service = _service(address)
        if service is None:
            raise NotifyFailed(f"`{scheme_of(address)}://…` is no address that Apprise can use")
        import apprise

        kind = apprise.NotifyType.SUCCESS if notice.is_good else apprise.NotifyType.FAILURE
        with apprise.LogCapture(level=logging.INFO, fmt="%(message)s") as said:
            sent = service.send(body=notice.body, title=notice.title, notify_type=kind)
            reason = _last_line(said)
        if not sent:
            raise NotifyFailed(masked(reason, address) or "the service did not take it")


def is_installed() -> bool:
    """Whether the extra is there; imports nothing."""
    return find_spec("apprise") is not None


def scheme_of(address: str) -> str:
    """What an address may be called in public: `slack` of `slack://tokens`."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)", address.strip())
    return found[0].lower() if found else "notify"


def masked(text: str, address: str) -> str:
    """The text without the address or any part of it that could be a secret."""
    parts = [address, *re.split(r"[/:@?&=,]+", address.partition("://")[2])]
    parts += [unquote(part) for part in parts]
    for part in sorted({part for part in parts if len(part) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(part, _MASK)
    return text


def _service(address: str) -> Any:
    import apprise

    # It narrates what is wrong with an address, the address included.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    try:
        return apprise.Apprise.instantiate(address, suppress_exceptions=True)
    finally:
        logging.getLogger("apprise").setLevel(logging.NOTSET)


def _last_line(said: StringIO) -> str:
    lines = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
