"""Where MLflow shows a run that it has recorded."""

from __future__ import annotations


def record_page(uri: str, experiment: str, run: str) -> str | None:
    """The address of MLflow's own page of a run, for a store that is a server; None for every other.

    What is no http or https address never becomes a link: somebody else's settings may say `javascript:`.
    """
    if not uri.startswith(("http://", "https://")):
        return None
    return f"{uri.rstrip('/')}/#/experiments/{experiment}/runs/{run}"
