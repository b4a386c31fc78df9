"""What is read from a model's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagbook.services.interface import NoModel, read_interface

MLMODEL = """flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 2.7.1}
  sklearn: {}
signature:
  inputs: '[{"type": "double", "name": "tenure", "required": true},
    {"type": "string", "name": "city", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "MLmodel").write_text(MLMODEL)
    return tmp_path


def test_signature_example_and_packages(model: Path):
    (model / "serving_input_example.json").write_text('{"dataframe_split": {}}')
    (model / "requirements.txt").write_text("# made\npytest\nnumpy==0.1\nno-such-package-at-all==1\n-e .\n")
    found = read_interface(model)
    assert [dict(one) for one in found.inputs or ()] == [
        {"name": "tenure", "type": "double", "required": True},
        {"name": "city", "type": "string", "required": False},
    ]
    assert (found.outputs or ())[0]["type"] == "tensor(int64, [-1])"
    assert found.params is None
    assert found.example == '{"dataframe_split": {}}'
    split = json.loads(found.blank)["dataframe_split"]
    assert split == {"columns": ["tenure", "city"], "data": [[0.0, ""]]}
    assert found.missing == ("no-such-package-at-all==1",)
    assert found.others[0].startswith("numpy==0.1 (here ")
    assert found.python == "2.7.1"


def test_a_model_without_a_signature_has_no_form(tmp_path: Path):
    (tmp_path / "MLmodel").write_text("flavors: {python_function: {}}")
    found = read_interface(tmp_path)
    assert (found.inputs, found.example, found.blank) == (None, "", "")


@pytest.mark.parametrize("text", [None, "", "a: [", "flavors: {spark: {}}"])
def test_what_is_no_model_is_refused(tmp_path: Path, text: str | None):
    if text is not None:
        (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(NoModel):
        read_interface(tmp_path)
