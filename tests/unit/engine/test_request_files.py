"""What is left in a run's folder for its driver may be anything: it is heeded or passed over, never fatal."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.api.driver import cancel_file
from dagbook.api.schedule_entries import Entries, Entry
from dagbook.engine.approvals import ANSWERS
from dagbook.engine.folders import CANCEL
from dagbook.errors import InvalidInput
from dagbook.pipeline.plan import PlannedQuestion
from dagbook.pipeline.rules import Rules
from dagbook.runners.node_command import read_request
from tests.unit.engine.bench import Bench
from tests.unit.engine.test_approvals import answering
from tests.unit.engine.test_control import planned

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ANYTHING = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(["by", "step", "asked", "approved", "comment"]), JSON).map(
        lambda value: json.dumps(value).encode()
    )
    | st.just(b"[" * 100_000)
)


@given(content=ANYTHING)
def test_a_request_to_cancel_is_heard_whatever_it_holds(content: bytes):
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / CANCEL).write_bytes(content)
        assert isinstance(cancel_file(Path(made)), str)


@given(contents=st.lists(ANYTHING, min_size=1, max_size=3))
def test_answers_that_are_none_are_passed_over_and_the_true_one_counts(contents: list[bytes]):
    with tempfile.TemporaryDirectory() as made:
        bench = Bench(Path(made))
        (Path(made) / ANSWERS).mkdir()
        for number, content in enumerate(contents):
            (Path(made) / ANSWERS / f"{number}.json").write_bytes(content)
        answering(bench, True)
        asks = {"approve": PlannedQuestion(message="Ship it?"), "rules": Rules(approve=True)}
        assert bench.drive(planned(bench, {"a": ()}, a=asks)).state == "succeeded"


@given(content=ANYTHING)
def test_a_schedule_that_cannot_be_read_hides_no_other(content: bytes):
    with tempfile.TemporaryDirectory() as made:
        entries = Entries(Path(made))
        whole = Entry(name="whole", file="/p.pipeline.yaml", added=datetime.now(UTC))
        entries.add(whole)
        (Path(made) / "broken.entry.json").write_bytes(content)
        (Path(made) / "whole.progress.json").write_bytes(content)
        assert entries.all() == [whole]
        assert entries.progress(whole).mark is not None


@given(content=ANYTHING)
def test_a_request_for_an_attempt_is_refused_in_words(content: bytes):
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "request.json"
        path.write_bytes(content)
        with pytest.raises(InvalidInput) as refusal:
            read_request(path)
        assert all(finding.code == "bad-request" for finding in refusal.value.findings)
