"""How a model is named."""

from __future__ import annotations

import pytest

from dagbook.pipeline.model_reference import ModelReference, WrongReference, read_alias, read_reference


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("churn", ModelReference(name="churn")),
        ("models:/churn/3", ModelReference(name="churn", version=3)),
        ("churn/3", ModelReference(name="churn", version=3)),
        ("churn/latest", ModelReference(name="churn")),
        ("churn@champion", ModelReference(name="churn", alias="champion")),
        ("models:/größe model@Production", ModelReference(name="größe model", alias="production")),
    ],
)
def test_a_reference_is_read(text: str, means: ModelReference):
    assert read_reference(text) == means


@pytest.mark.parametrize("text", ["churn", "churn/3", "churn@champion"])
def test_a_reference_is_written_as_it_was_read(text: str):
    assert str(read_reference(text)) == text
    assert read_reference(text).uri == f"models:/{text}"


@pytest.mark.parametrize(
    "text",
    ["", " ", "@champion", "a/b/1", "churn/0", "churn/x", "churn@", "churn@v2", "churn@latest", "x" * 251],
)
def test_what_names_no_model_is_refused(text: str):
    with pytest.raises(WrongReference):
        read_reference(text)


@pytest.mark.parametrize(
    ("stage", "alias"), [("Staging", "staging"), ("ARCHIVED", "archived"), ("mine", "mine")]
)
def test_stages_of_old_are_aliases(stage: str, alias: str):
    assert read_alias(stage) == alias
