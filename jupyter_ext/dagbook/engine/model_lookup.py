"""Which version of a registered model a reference means: the newest, that of a number, or of an alias."""

from __future__ import annotations

from dagbook.engine.model_registry import ModelRegistry, ModelVersion, RegisteredModel
from dagbook.errors import Finding, NotFound, did_you_mean
from dagbook.pipeline.model_reference import ModelReference


def version_meant(registry: ModelRegistry, reference: ModelReference) -> ModelVersion:
    """The version.

    Raises:
        NotFound: `unknown-model`, `unknown-alias` or `unknown-version`.
        TrackerAway: the registry does not answer.
    """
    return version_of(registry, model_named(registry, reference.name), reference)


def model_named(registry: ModelRegistry, name: str) -> RegisteredModel:
    """The model of that name. Raises as `version_meant` does."""
    found = registry.model(name)
    if found is None:
        raise unknown_model(name, [model.name for model in registry.models()])
    return found


def unknown_model(name: str, known: list[str]) -> NotFound:
    """What to raise where there is no such model."""
    return NotFound(
        Finding(
            code="unknown-model", message=f"there is no registered model '{name}'",
            remedy=did_you_mean(name, known, f"register one: dagbook models register {name}"),
        )
    )  # fmt: skip


def version_of(registry: ModelRegistry, model: RegisteredModel, reference: ModelReference) -> ModelVersion:
    """The version of that model. Raises as `version_meant` does."""
    number = reference.version or model.latest
    if reference.alias is not None:
        number = model.aliases.get(reference.alias)
        if number is None:
            give = f"give it to one: dagbook models promote {model.name} --to {reference.alias}"
            raise NotFound(
                Finding(
                    code="unknown-alias",
                    message=f"no version of '{model.name}' has the alias '{reference.alias}'",
                    remedy=did_you_mean(reference.alias, model.aliases, give),
                )
            )
    versions = registry.versions(model.name)
    for version in versions:
        if version.version == number:
            return version
    known = ", ".join(str(version.version) for version in versions[:12]) or "none"
    raise NotFound(
        Finding(
            code="unknown-version", message=f"there is no version {number or 1} of '{model.name}'",
            remedy=f"it has: {known}",
        )
    )  # fmt: skip
