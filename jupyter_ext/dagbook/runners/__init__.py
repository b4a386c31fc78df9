"""Ways of executing one notebook: each implements the port `Runner` of the engine.

Papermill is brought in here, before any module of this package: papermill itself imports
`dagbook.runners.engine` (its entry point) while it is being imported, and either may come first.
"""

from dagbook.runners.imports import bring_papermill

bring_papermill()
