"""Parameters in other languages: papermill's translation where it is exact, a refusal where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.errors import InvalidInput
from dagbook.runners.inject import to_execute


def source_for(language: str, kernel: str, params: dict[str, Any]) -> str:
    nb = {
        "cells": [],
        "metadata": {"kernelspec": {"name": kernel, "language": language}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return to_execute(nb, params, kernel)["cells"][0]["source"]


@pytest.mark.parametrize(
    ("language", "kernel", "params", "line"),
    [
        ("R", "ir", {"a": True, "b": {"$path": "x y.csv"}}, 'b = "x y.csv"'),
        ("R", "ir", {"key": {"$secret": "TOKEN"}}, 'key = Sys.getenv("DAGBOOK_SECRET_TOKEN")'),
        ("R", "ir", {"day": {"$date": "2024-01-02"}}, 'day = "2024-01-02"'),
        ("julia", "julia-1.10", {"a": [1, None]}, "a = [1, nothing]"),
        ("bash", "bash", {"a": ["x y", 2, True]}, "a=('x y' 2 true)"),
        ("bash", "bash", {"log": {"$path": "it's $HOME.log"}}, """log='it'"'"'s $HOME.log'"""),
        ("bash", "bash", {"key": {"$secret": "TOKEN"}}, "key=$DAGBOOK_SECRET_TOKEN"),
    ],
)
def test_other_languages_get_their_own_literals(
    language: str, kernel: str, params: dict[str, Any], line: str
):
    assert line in source_for(language, kernel, params).splitlines()


@pytest.mark.parametrize(
    ("language", "kernel", "params", "says"),
    [
        ("julia", "julia-1.10", {"a": "$(run(`ls`))"}, r"a text with a \$"),
        ("R", "ir", {"a": {"$float": "nan"}}, "nan cannot be written in r"),
        ("cobol", "cobol", {"a": 1}, "parameters cannot be written in cobol"),
        (
            "bash",
            "bash",
            {"a": {"b": 1}},
            "'a' cannot be written in bash: papermill knows no form of mappings there",
        ),
        ("bash", "bash", {"a": [1, [2]]}, "'a' cannot be written in bash, whose arrays hold neither"),
        ("scala", "scala", {"a": {"$secret": "TOKEN"}}, "secret 'TOKEN' cannot be handed"),
    ],
)
def test_what_a_language_cannot_take_is_refused(
    language: str, kernel: str, params: dict[str, Any], says: str
):
    with pytest.raises(InvalidInput, match=says):
        source_for(language, kernel, params)


def test_without_parameters_an_injected_cell_of_an_earlier_run_is_taken_out():
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["injected-parameters"]},
        "source": "a = 9",
        "outputs": [],
    }
    nb = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert to_execute(nb, {}, "python3")["cells"] == []
