"""`register:` of a node, as written in a pipeline file: what becomes of the model that its notebook made."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from dagbook.pipeline.expressions import ExpressionError, references
from dagbook.pipeline.model_reference import read_alias, read_reference
from dagbook.pipeline.written import Written

_TAKEN = ("mlflow.", "dagbook.")


class RegisterSpec(Written):
    """`register: churn`, or this."""

    model: str = Field(description="Name of the registered model; it is made if there is none")
    source: str = Field(
        default="", alias="from",
        description="Output that holds a saved model, or the name it was logged under; else the newest",
    )  # fmt: skip
    alias: str = Field(default="", description="What the new version is called: champion")
    condition: str = Field(
        default="", alias="if",
        description="Give the alias only where it holds: auc > 0.7 and auc >= current.auc",
    )  # fmt: skip
    description: str = Field(default="", description="Of the version")
    tags: dict[str, str] = Field(default_factory=dict, description="Of the version")

    @field_validator("model")
    @classmethod
    def _model_is_named(cls, value: str) -> str:
        found = read_reference(value)
        if str(found) != found.name:
            raise ValueError(f"'{value}' names a version; write the name of the model: {found.name}")
        return found.name

    @field_validator("alias")
    @classmethod
    def _alias_is_one(cls, value: str) -> str:
        return read_alias(value) if value else ""

    @field_validator("condition")
    @classmethod
    def _condition_is_an_expression(cls, value: str) -> str:
        try:
            references(f"${{{value}}}")
        except ExpressionError as error:
            raise ValueError(f"{error}; write it over metrics: auc > 0.7 and auc >= current.auc") from None
        return value

    @field_validator("tags")
    @classmethod
    def _tags_are_free(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not name.strip() or name.startswith(_TAKEN):
                raise ValueError(
                    f"{name!r} cannot be a tag of yours; leave names out that begin with mlflow. or dagbook."
                )
        return value

    @model_validator(mode="after")
    def _condition_is_of_an_alias(self) -> RegisterSpec:
        if self.condition and not self.alias:
            raise ValueError(
                "`if` says when the version gets its alias, and there is none; write `alias:` too"
            )
        for text in (self.source, self.description, *self.tags.values()):
            if "${" in text:
                raise ValueError(f"`register` holds plain texts, not {text!r:.60}; write the text itself")
        return self


def as_register(value: object) -> object:
    """A text alone is the model's name."""
    return {"model": value} if isinstance(value, str) else value


RegisterField = Annotated[RegisterSpec, BeforeValidator(as_register)]
