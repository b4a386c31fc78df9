"""What `dagbook explain` says is what stands on the page of errors, and of every code there is something."""

from __future__ import annotations

import json

import pytest

from dagbook.api.explaining import explain
from dagbook.errors import NotFound
from tests.docs.codes import finding_codes
from tests.docs.explained import PLACE, written


def test_what_is_installed_is_what_the_page_says():
    assert PLACE.read_text("utf-8") == written(), "run `python -m tests.docs.explained`"


def test_every_code_is_explained():
    known = json.loads(PLACE.read_text("utf-8"))
    assert [code for code in finding_codes() if code not in known] == []


def test_an_explanation_is_plain_text():
    said = explain("not-kept")
    assert said == {
        "code": "not-kept",
        "means": "no kernel of that step is kept (any more)",
        "section": said["section"],
    }


def test_a_code_that_is_none_gets_the_nearest():
    with pytest.raises(NotFound, match="did you mean 'not-kept'"):
        explain("not-keept")
