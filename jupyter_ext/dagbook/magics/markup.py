"""HTML for cells: self-contained, in the colours of the theme around it, everything from outside escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from dagbook.api.phrases import SIGNS

# Fallbacks are greys and mid tones that read on white as on black: other notebooks than JupyterLab's
# have other variables, and an exported page has none.
STYLE: Final = """<style>
.dagbook{--db-quiet:var(--jp-content-font-color2,var(--vscode-descriptionForeground,#808080));
--db-line:var(--jp-border-color2,rgba(128,128,128,.35));--db-edge:var(--jp-border-color1,rgba(128,128,128,.6));
--db-box:var(--jp-layout-color1,rgba(128,128,128,.08));--db-hover:var(--jp-layout-color2,rgba(128,128,128,.15));
--db-good:var(--jp-success-color1,#2e9e4f);--db-bad:var(--jp-error-color1,#e0483e);
--db-warn:var(--jp-warn-color1,#c98500);--db-busy:var(--jp-brand-color1,#2f86d6);
color:var(--jp-content-font-color1,var(--vscode-foreground,inherit));
font-family:var(--jp-content-font-family,system-ui,sans-serif);
font-size:var(--jp-ui-font-size1,13px);line-height:1.45;max-width:100%;overflow-x:auto;padding:2px 0}
.dagbook.dagbook table{border-collapse:collapse;border:none;margin:2px 0 4px;font-size:inherit;
color:inherit;font-variant-numeric:tabular-nums}
.dagbook.dagbook th,.dagbook.dagbook td{border:none;padding:3px 16px 3px 0;text-align:left;
vertical-align:baseline;white-space:pre;max-width:36em;overflow:hidden;text-overflow:ellipsis}
.dagbook.dagbook thead{border:none}
.dagbook.dagbook thead th{font-weight:400;color:var(--db-quiet)}
.dagbook.dagbook thead th,.dagbook.dagbook thead td{border-bottom:1px solid var(--db-edge)}
.dagbook.dagbook tbody th{font-weight:500}
.dagbook.dagbook tbody tr:nth-child(n){background:none;border-bottom:1px solid var(--db-line)}
.dagbook.dagbook tbody tr:nth-child(n):hover{background:var(--db-hover)}
.dagbook.dagbook .n{text-align:right}.dagbook .q{color:var(--db-quiet)}
.dagbook .name{display:inline-block;max-width:15em;overflow:hidden;text-overflow:ellipsis;
vertical-align:bottom}
.dagbook.dagbook p{margin:2px 0}.dagbook a{color:var(--jp-content-link-color,#2f86d6)}
.dagbook.dagbook code{font-family:var(--jp-code-font-family,monospace);font-size:.92em;
background:none!important;padding:0!important}
.dagbook.dagbook code.q{color:var(--db-quiet)}
.dagbook.dagbook pre{margin:6px 0;padding:2px 0 2px 10px;overflow-x:auto;background:none;color:inherit;
border:none;border-left:3px solid var(--db-bad);font-family:var(--jp-code-font-family,monospace);
font-size:.92em;white-space:pre}
.dagbook.dagbook details pre{border-left-color:var(--db-line)}
.dagbook summary{cursor:pointer;color:var(--db-quiet);padding:2px 0}
.dagbook .good{color:var(--db-good)}.dagbook .bad{color:var(--db-bad)}
.dagbook .warn{color:var(--db-warn)}.dagbook .busy{color:var(--db-busy)}
.dagbook .sign{display:inline-block;width:1.25em}
</style>"""

TONES: Final[dict[str, str]] = {
    "running": "busy", "run": "busy", "succeeded": "good", "reused": "good", "reuse": "good",
    "finished": "good", "failed": "bad", "timed-out": "bad", "killed": "bad", "cancelled": "warn",
    "lost": "warn", "interrupted": "warn",
}  # fmt: skip
"""State → the class that colours its icon; others are quiet."""

_SHOWN_WHOLE: Final = 40


@dataclass(frozen=True)
class Markup:
    """HTML that was made by us, and needs no escaping."""

    html: str


@dataclass(frozen=True)
class Number:
    """The text of a number: it stands to the right, so that digits compare."""

    text: str


Cell = str | Markup | Number


def page(*parts: str) -> str:
    """Parts of HTML as one output of a cell."""
    # What is wider than the cell scrolls; by the keyboard too.
    return f'{STYLE}<div class="dagbook" tabindex="0">{"".join(parts)}</div>'


def table(header: Iterable[Cell], rows: Iterable[Iterable[Cell]], label: str = "") -> str:
    """A table; the first cell of each row heads it."""
    # A column without a title has no heading, rather than an empty one to be read out.
    titles = "".join(_cell(title, "th", ' scope="col"') if title != "" else "<td></td>" for title in header)
    lines = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    described = f' aria-label="{escape(label)}"' if label else ""
    return f"<table{described}><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def state(name: str) -> Markup:
    """A state by icon and word; the icon alone is coloured, so that the word is always easy to read."""
    sign = f'<span class="sign {TONES.get(name, "q")}" aria-hidden="true">{SIGNS.get(name, "•")}</span>'
    return Markup(f"{sign}{escape(name)}")


def quiet(text: str) -> Markup:
    """Text that stands back."""
    return Markup(f'<span class="q">{escape(text)}</span>')


def named(name: str, short_id: str, link: str | None = None) -> Markup:
    """The name of a run, cut where it is long, and the beginning of its id."""
    shown = f'<span class="name" title="{escape(name)}">{escape(name)}</span>'
    if link:
        shown = f'<a href="{escape(link)}" target="_blank" rel="noopener">{shown}</a>'
    return Markup(f'{shown} <code class="q">{escape(short_id)}</code>')


def folded(summary: str, inside: str) -> str:
    """HTML that is there when one opens it."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def _row(cells: Iterable[Cell]) -> str:
    return "".join(
        _cell(cell, "td" if index else "th", "" if index else ' scope="row"')
        for index, cell in enumerate(cells)
    )


def _cell(cell: Cell, tag: str, more: str) -> str:
    if isinstance(cell, Markup):
        return f"<{tag}{more}>{cell.html}</{tag}>"
    if isinstance(cell, Number):
        return f'<{tag}{more} class="n">{escape(cell.text)}</{tag}>'
    title = f' title="{escape(cell)}"' if len(cell) > _SHOWN_WHOLE else ""
    return f"<{tag}{more}{title}>{escape(cell)}</{tag}>"
