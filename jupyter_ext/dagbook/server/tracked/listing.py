"""The list of recorded runs: scope, filter, order, and pages over however many stores there are."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.server.tracked.run_json import SOURCE, summary
from dagbook.server.tracked.stores import TrackedStore, TrackedStores

if TYPE_CHECKING:
    from mlflow.entities import Run

SCOPES: Final = ("notebook", "experiment", "all")
_FILTER: Final = re.compile(
    r"\b(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\s*\.|"
    r"[\w`\"]\s*(?:[=<>]|!=|\b(?:i?like|in|is|not)\b)=?\s*(?:['\"(]|-?\d|null)",
    re.IGNORECASE,
)
_STATUSES: Final = {"running", "finished", "failed", "killed", "scheduled"}
_ORDER: Final = re.compile(
    r"((?:metrics|params|tags|attributes)\.(?:`[^`]+`|.+?))(?:\s+(asc|desc))?", re.IGNORECASE
)
_ATTRIBUTES: Final[dict[str, Callable[[Run], Any]]] = {
    "attributes.start_time": lambda run: run.info.start_time,
    "attributes.end_time": lambda run: run.info.end_time,
    "attributes.run_name": lambda run: run.info.run_name,
    "attributes.status": lambda run: str(run.info.status),
    "attributes.run_id": lambda run: run.info.run_id,
}
_NEWEST: Final = "attributes.start_time desc"
_MOST_EXPERIMENTS: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for.

    Attributes:
        scope: one of SCOPES.
        notebook: for the scope of that name.
        experiment: for the scope of that name.
        text: MLflow's filter language, or words of a run's name.
        order: `metrics.acc desc`, `attributes.start_time asc`, ….
        columns: metrics, parameters and tags that a line must have (`metrics.acc`).
        token: where the last page ended.
    """

    scope: str = "all"
    notebook: Path | None = None
    experiment: str = ""
    text: str = ""
    order: str = ""
    columns: tuple[str, ...] = ()
    limit: int = 100
    token: str = ""
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One question to one store."""

    store: TrackedStore
    experiments: dict[str, str]
    asked: str


def listed(stores: TrackedStores, wish: Wish) -> dict[str, Any]:
    """A page of runs: `{"runs": […], "next": token | null, "away": [why, …]}`.

    A store that does not answer is said to; the runs of the others are there.

    Raises:
        InvalidInput: MLflow does not understand the filter, or a token is not ours.
        EnvironmentFault: no store answers.
    """
    away: list[EnvironmentFault] = []
    sources = list(_sources(stores, wish, away))
    clause, descends = order_of(wish.order)
    places = _places(wish.token, len(sources))
    pages = []
    for source, place in zip(sources, places, strict=True):
        try:
            pages.append(_page(source, place, clause, wish))
        except EnvironmentFault as fault:
            away.append(fault)
            pages.append(([], None))
    if away and not any(runs for runs, _ in pages):
        raise away[0]
    key = cmp_to_key(_comparison(clause, descends=descends))
    merged = sorted(
        ((run, number) for number, (runs, _) in enumerate(pages) for run in runs), key=lambda one: key(one[0])
    )
    taken = merged[: wish.limit]
    return {
        "runs": [
            summary(
                stores,
                sources[n].store,
                run,
                sources[n].experiments.get(run.info.experiment_id, ""),
                wish.columns,
            )
            for run, n in taken
        ],
        "next": _next(pages, places, [number for _, number in taken]),
        "away": [str(fault.findings[0].message) for fault in away],
    }


def experiments(stores: TrackedStores) -> dict[str, Any]:
    """The names of all experiments: `{"experiments": [{"name", "project"}], "away": [why, …]}`."""
    found: dict[str, str] = {}
    away = []
    for store in stores.all():
        try:
            for name in _experiments(store).values():
                found.setdefault(name, store.project)
        except EnvironmentFault as fault:
            away.append(str(fault.findings[0].message))
    return {"experiments": [{"name": name, "project": found[name]} for name in sorted(found)], "away": away}


def filter_of(text: str) -> str:
    """MLflow's filter for what a person typed: its own language as it is, words as parts of a run's name."""
    text = text.strip()
    if not text or _FILTER.search(text):
        return text
    parts = []
    for word in text.split():
        if word.lower() in _STATUSES:
            parts.append(f"attributes.status = '{word.upper()}'")
        else:
            # In a pattern `_` stands for any character: MLflow knows no way to write both kinds of quotes.
            parts.append(f"attributes.run_name ILIKE '%{re.sub(chr(39) + '|' + chr(34), '_', word)}%'")
    return " and ".join(parts)


def order_of(text: str) -> tuple[str, bool]:
    """MLflow's clause without its direction, and whether it descends. Raises InvalidInput."""
    found = _ORDER.fullmatch(text.strip() or _NEWEST)
    clause = found[1] if found else ""
    if found is None or (clause.startswith("attributes.") and clause not in _ATTRIBUTES):
        raise InvalidInput(
            Finding(
                code="bad-order", message=f"{text[:80]!r} is no order of runs",
                remedy="write for example: metrics.acc desc, params.depth, attributes.start_time desc",
            )
        )  # fmt: skip
    kind, _, name = clause.partition(".")
    if kind != "attributes":
        clause = f"{kind}.`{name.strip('`')}`"
    return clause, (found[2] or "asc").lower() == "desc"


def _sources(stores: TrackedStores, wish: Wish, away: list[EnvironmentFault]) -> Iterator[_Source]:
    wanted = filter_of(wish.text)
    for store in stores.all(wish.notebook):
        try:
            known = _experiments(store)
        except EnvironmentFault as fault:
            away.append(fault)
            continue
        if wish.scope == "experiment":
            known = {key: name for key, name in known.items() if name == wish.experiment}
        if not known:
            continue
        for scoped in _scoped(store, wish):
            yield _Source(
                store=store, experiments=known, asked=" and ".join(part for part in (wanted, scoped) if part)
            )
        if wish.scope == "notebook":
            return  # what a notebook records is in the store of its own project, which comes first


def _scoped(store: TrackedStore, wish: Wish) -> list[str]:
    """Filters by where a run comes from, of which any may fit (MLflow knows no `or`)."""
    if wish.scope != "notebook" or wish.notebook is None:
        return [""]
    whole = f"tags.`{SOURCE}` = {quoted(str(wish.notebook))}"
    # What a notebook's own `mlflow.start_run()` opens knows the file's name alone.
    return [whole, f"tags.`{SOURCE}` = {quoted(wish.notebook.name)}"] if store.embedded else [whole]


def _experiments(store: TrackedStore) -> dict[str, str]:
    found = store.ask(lambda client: client.search_experiments(max_results=_MOST_EXPERIMENTS))
    return {one.experiment_id: one.name for one in found}


def _page(
    source: _Source, place: tuple[str, int] | None, clause: str, wish: Wish
) -> tuple[list[Run], str | None]:
    """What is left of the page at `place`, and where the next one begins."""
    if place is None:
        return [], None
    token, skipped = place
    _, descends = order_of(wish.order)

    def read(client: Any) -> Any:
        from mlflow.entities import ViewType

        return client.search_runs(
            list(source.experiments),
            source.asked,
            run_view_type=ViewType.DELETED_ONLY if wish.deleted else ViewType.ACTIVE_ONLY,
            max_results=wish.limit,
            order_by=[f"{clause} {'desc' if descends else 'asc'}"],
            page_token=token or None,
        )

    try:
        page = source.store.ask(read)
    except NotFound:
        return [], None
    following = page.token or None  # a database gives bytes, a server text
    return list(page)[skipped:], following.decode("ascii") if isinstance(following, bytes) else following


def _places(token: str, sources: int) -> list[tuple[str, int] | None]:
    """Where to go on in each source; None where it is at its end."""
    if not token:
        return [("", 0)] * sources
    try:
        told = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
        places = [None if one is None else (str(one[0]), int(one[1])) for one in told]
        if len(places) == sources:
            return places
    except (ValueError, TypeError, IndexError, KeyError):
        pass
    raise InvalidInput(
        Finding(
            code="bad-token", message="this is no place in this list of runs",
            remedy="give `next` of the answer before as it is, or begin anew without `after`",
        )
    )  # fmt: skip


def _next(
    pages: list[tuple[list[Run], str | None]], places: list[tuple[str, int] | None], taken: list[int]
) -> str | None:
    left: list[tuple[str, int] | None] = []
    for number, ((runs, token), place) in enumerate(zip(pages, places, strict=True)):
        used = taken.count(number)
        if place is not None and used < len(runs):
            left.append((place[0], place[1] + used))
        else:
            left.append((token, 0) if token else None)
    if all(place is None for place in left):
        return None
    return base64.urlsafe_b64encode(json.dumps(left).encode()).decode("ascii")


def _comparison(clause: str, *, descends: bool) -> Callable[[Run, Run], int]:
    """As MLflow orders: no number, then no value, come last in either direction; then the newest first."""

    def value(run: Run) -> tuple[int, Any]:
        if clause in _ATTRIBUTES:
            found = _ATTRIBUTES[clause](run)
        else:
            kind, _, name = clause.partition(".")
            found = getattr(run.data, kind).get(name.strip("`"))
        if found is None:
            return 2, 0
        return (1, 0) if found != found else (0, found)  # noqa: PLR0124  # NaN

    def compare(one: Run, other: Run) -> int:
        (left_rank, left), (right_rank, right) = value(one), value(other)
        if left_rank != right_rank:
            return left_rank - right_rank
        if left == right:
            return (other.info.start_time or 0) - (one.info.start_time or 0)
        sign = -1 if left < right else 1
        return -sign if descends else sign

    return compare


def quoted(text: str) -> str:
    """A text in MLflow's filter language, which knows no escapes."""
    return f'"{text}"' if "'" in text else f"'{text}'"
