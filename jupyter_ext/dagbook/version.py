"""The installed version; kept out of the package's root, which nothing below it imports."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("dagbook")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+source"
