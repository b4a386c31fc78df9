"""`python -m dagbook`."""

from __future__ import annotations

from dagbook.cli.main import main

if __name__ == "__main__":
    main(prog_name="dagbook")
