"""Completes what stands behind a magic: its options, and the names that would make sense there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

_MATCHER: Final = "dagbook"
_offers: dict[str, Callable[[Typed], Iterable[str]]] = {}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What stands between a magic's name and the cursor: whole words, and the beginning of one.

    Attributes:
        is_cell: whether it is the magic of a whole cell, `%%`.
    """

    words: tuple[str, ...]
    fragment: str
    is_cell: bool = False

    @property
    def option(self) -> str:
        """The option whose value is being typed, or nothing."""
        last = self.words[-1] if self.words else ""
        return last if last.startswith("-") else ""


def complete(ip: Any, magic: str, offer: Callable[[Typed], Iterable[str]]) -> None:
    """Let `offer` say what may stand behind the magic; only what begins like the word there is shown.

    An offer must be quick and may fail: then nothing is offered.
    """
    _offers[magic] = offer
    completer = getattr(ip, "Completer", None)
    matchers = getattr(completer, "custom_matchers", None)
    if matchers is not None and not any(
        getattr(known, "matcher_identifier", "") == _MATCHER for known in matchers
    ):
        matchers.append(_matcher())


def offers(line: str) -> list[str] | None:
    """What may follow the line, which ends at the cursor; None where no magic of ours is being typed."""
    stripped = line.lstrip()
    # `t = %runs …` is a magic too.
    before, sign, rest = stripped.partition("%")
    if not sign or (before.strip() and not before.rstrip().endswith("=")):
        return None
    name, blank, text = rest.lstrip("%").partition(" ")
    offer = _offers.get(name)
    if offer is None or not blank:
        return None
    words = text.split()
    fragment = "" if text.endswith(" ") or not words else words.pop()
    typed = Typed(words=tuple(words), fragment=fragment, is_cell=rest.startswith("%"))
    try:
        found = [text for text in offer(typed) if text.startswith(fragment) and text != fragment]
    except Exception:  # noqa: BLE001  # completion must never disturb typing
        return []
    return list(dict.fromkeys(found))


def _matcher() -> Any:
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier=_MATCHER, priority=100)  # type: ignore[untyped-decorator]
    def match(context: Any) -> Any:
        line = context.line_with_cursor[: context.cursor_position]
        found = offers(line)
        if not found:
            return {"completions": [], "suppress": False}
        fragment = line[max(line.rfind(" "), line.rfind("\t")) + 1 :]
        completions = [SimpleCompletion(text=text, type="param") for text in found]
        return {
            "completions": completions, "suppress": True, "ordered": True, "matched_fragment": fragment,
        }  # fmt: skip

    return match
