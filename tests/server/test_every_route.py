"""What holds of every route: who may ask. What each of them does is tested beside."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.server.handlers import DagbookHandler
from dagbook.server.routes import EVERY_ROUTE
from tests.golden.runs import GoldenRuns
from tests.server.asking import EVERY, EXAMPLES, RUN, VERBS, options_of, told

HANDLERS = sorted({handler for _, handler in EVERY_ROUTE}, key=lambda handler: handler.__name__)
NAMES = ["-".join((verb, *path)) for verb, path in EVERY]


def test_every_verb_of_every_route_has_an_example():
    verbs: dict[str, set[str]] = {}
    for pattern, handler in reversed(EVERY_ROUTE):  # of two at one place, the first is the one that answers
        verbs[pattern] = {verb.upper() for verb in VERBS if "dagbook" in getattr(handler, verb).__module__}
    assert {pattern: set(said.split()) for pattern, (said, _) in EXAMPLES.items()} == verbs


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.__name__)
def test_every_verb_of_every_handler_asks_for_authentication_and_authorization(handler: type[DagbookHandler]):
    assert issubclass(handler, DagbookHandler)
    assert handler.auth_resource == "dagbook"
    own = [vars(handler)[verb] for verb in VERBS if verb in vars(handler)]
    assert own
    for method in own:
        assert hasattr(method, "__wrapped__")
        assert hasattr(method.__wrapped__, "__wrapped__")


@pytest.mark.parametrize(("verb", "path"), EVERY, ids=NAMES)
async def test_without_a_token_every_route_is_forbidden(
    jp_fetch: Any, runs: GoldenRuns, verb: str, path: tuple[str, ...]
):
    runs.add("success-matrix", run=RUN)

    said = await told(
        jp_fetch, *path, status=403, headers={"Authorization": ""}, follow_redirects=False, **options_of(verb)
    )

    assert said["code"] == "forbidden"
    assert (runs.folder / RUN).exists()


@pytest.mark.parametrize(("verb", "path"), EVERY, ids=NAMES)
async def test_who_is_not_authorized_is_forbidden_every_route(
    jp_fetch: Any, jp_serverapp: Any, verb: str, path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    asked_for = []

    def refuse(_self: object, _handler: object, _user: object, action: str, resource: str) -> bool:
        asked_for.append((action, resource))
        return False

    monkeypatch.setattr(type(jp_serverapp.authorizer), "is_authorized", refuse)

    said = await told(jp_fetch, *path, status=403, **options_of(verb))

    assert said["code"] == "forbidden"
    assert asked_for == [("read" if verb == "GET" else "write", "dagbook")]
