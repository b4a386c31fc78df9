"""Tells what MLflow will never take from what it cannot take just now."""

from __future__ import annotations

from typing import Final

_NEVER: Final = {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "INVALID_STATE"}


def is_refusal(error: Exception) -> bool:
    """Whether sending the same again would fail again. When in doubt it is worth another try.

    A proxy that answers with a page of its own is none: only MLflow's own word counts.
    """
    from mlflow.exceptions import MlflowException, RestException

    if not isinstance(error, MlflowException):
        return False
    is_reply_of_another = not isinstance(error, RestException) and "API request to" in str(error)
    return error.error_code in _NEVER and not is_reply_of_another
