"""The files of a container that serves a model: on the image that fits it, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.api import container
from dagbook.api.serving import Fetched
from dagbook.engine.model_registry import ModelVersion
from dagbook.errors import EnvironmentFault, InvalidInput
from dagbook.services.interface import Interface


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's files, as they come from the registry."""
    from mlflow import pyfunc

    class Doubled(pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, model_input: list[float]) -> list[float]:
            return [2 * number for number in model_input]

    folder = tmp_path / "model"
    pyfunc.save_model(folder, python_model=Doubled(), pip_requirements=["mlflow"])
    version = ModelVersion(name="Churn Model", version=3)
    fetched = Fetched(version=version, folder=folder, interface=Interface())
    monkeypatch.setattr(container, "fetch_model", lambda _model, _where: fetched)
    return folder


def test_a_model_with_its_python_is_served_on_pythons_own_image(model: Path, tmp_path: Path):
    told = container.write_container("churn/3", tmp_path / "out")
    text = (tmp_path / "out" / "Dockerfile").read_text("utf-8")
    assert text.startswith("# Build an image") or "FROM python:3" in text
    assert (told["image"], told["model"]) == ("churn-model:3", "Churn Model/3")
    assert list((tmp_path / "out").rglob("python_model.pkl"))


def test_a_model_without_is_served_on_another(model: Path, tmp_path: Path):
    (model / "python_env.yaml").unlink()
    container.write_container("churn/3", tmp_path / "out")
    assert "FROM ubuntu" in (tmp_path / "out" / "Dockerfile").read_text("utf-8")


def test_what_mlflow_refuses_leaves_nothing(model: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    described = model / "MLmodel"
    described.write_text(described.read_text("utf-8").replace("python_function", "unheard_of"))
    with pytest.raises(EnvironmentFault, match="MLflow makes no container of churn/3"):
        container.write_container("churn/3", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(model: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(InvalidInput, match="not empty"):
        container.write_container("churn/3", tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine"]
