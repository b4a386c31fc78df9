"""Which kernels this machine has, and which of them a notebook gets. Starts nothing."""

from __future__ import annotations

from collections.abc import Mapping

from dagbook.errors import EnvironmentFault, Finding, did_you_mean

_ALSO_CALLED = {"ipython": "python", "python3": "python", "ir": "r"}


def installed() -> Mapping[str, str]:
    """Kernel name → language, lower case. A kernel whose description cannot be read is passed over."""
    from jupyter_client.kernelspec import KernelSpecManager  # 0.2 s

    specs = KernelSpecManager().get_all_specs()
    return {name: _language(entry["spec"].get("language", "")) for name, entry in sorted(specs.items())}


def choose(wanted: str | None, language: str, installed: Mapping[str, str]) -> tuple[str, str | None]:
    """The kernel to use for a notebook, and a warning when it is not the one that was wanted.

    Args:
        wanted: the name that the pipeline or the notebook asks for; None when nothing does.
        language: the notebook's language; empty when it does not say.
        installed: as `installed` returns it.

    Raises:
        EnvironmentFault: `kernel-missing`, naming the kernels that there are.
    """
    if wanted is not None and wanted in installed:
        return wanted, None
    language = _language(language) or "python"
    fallback = _default_for(language, installed)
    if fallback is None:
        raise EnvironmentFault(_missing(wanted, language, installed))
    if wanted is None:
        return fallback, f"the notebook names no kernel; '{fallback}' was used ({_listed(installed)})"
    return fallback, (
        f"kernel '{wanted}' is not installed; '{fallback}' was used instead, which runs {language} too "
        f"({_listed(installed)})"
    )


def _language(name: str) -> str:
    folded = name.casefold()
    return _ALSO_CALLED.get(folded, folded)


def _default_for(language: str, installed: Mapping[str, str]) -> str | None:
    fitting = [name for name, spoken in installed.items() if spoken == language]
    if language == "python" and "python3" in fitting:
        return "python3"
    return fitting[0] if fitting else None


def _missing(wanted: str | None, language: str, installed: Mapping[str, str]) -> Finding:
    what = f"kernel '{wanted}' is not installed" if wanted else f"no kernel for {language} is installed"
    near = did_you_mean(wanted, installed) if wanted else ""
    hint = f"{near} Or install" if near.startswith("did you mean") else "install"
    return Finding(
        code="kernel-missing",
        message=f"{what}, and no other one runs {language} ({_listed(installed)})",
        remedy=f"{hint} it (`jupyter kernelspec list` shows what is there), or set `kernel:` to one that is",
    )


def _listed(installed: Mapping[str, str]) -> str:
    return f"installed: {', '.join(installed)}" if installed else "none is installed"
