"""What a notebook asks for: PEP 723 blocks in its cells, its metadata, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.notebook.environment import Requirements, RequirementsError, declared_requirements
from tests.unit.notebook.notebooks import code, notebook

BLOCK = """# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "pandas>=2",
#   "rich",
# ]
# ///
"""
WANTED = Requirements(dependencies=("pandas>=2", "rich"), requires_python=">=3.11")


def test_a_block_in_any_code_cell_counts():
    assert declared_requirements(notebook(code("x = 1"), code(BLOCK + "import rich"))) == WANTED


def test_a_block_in_text_and_one_of_another_type_do_not():
    markdown = {"cell_type": "markdown", "metadata": {}, "source": BLOCK}
    other = code(BLOCK.replace("/// script", "/// pyproject"))
    assert declared_requirements(notebook(markdown, other)) is None


@pytest.mark.parametrize("written", [["a"], {"dependencies": ["a"]}])
def test_the_metadata_will_do_too(written: Any):
    nb = notebook(code("x = 1"))
    nb["metadata"]["dagbook"] = {"environment": written}
    assert declared_requirements(nb) == Requirements(dependencies=("a",))


@pytest.mark.parametrize(
    ("sources", "cell", "said"),
    [
        ([BLOCK, BLOCK], 2, "in cell 1 already"),
        (['# /// script\n# dependencies = ["a"\n# ///\n'], 1, "is no TOML"),
        (["x = 1", '# /// script\n# dependencies = "a"\n# ///\n'], 2, "no list of texts"),
        (["# /// script\n# requires-python = 3.11\n# ///\n"], 1, "`requires-python` is no text"),
    ],
)
def test_what_is_wrong_with_a_block_is_said_with_its_cell(sources: list[str], cell: int, said: str):
    with pytest.raises(RequirementsError, match=said) as wrong:
        declared_requirements(notebook(*(code(source) for source in sources)))
    assert wrong.value.cell == cell
