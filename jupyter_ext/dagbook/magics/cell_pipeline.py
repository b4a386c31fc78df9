"""A pipeline that is written in a cell: read as a file would be, with the cell's own line numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dagbook.errors import InvalidInput
from dagbook.loaders.pipeline_file import LoadedPipeline, load_pipeline

SHOWN: Final = "this cell"


def load_cell(text: str, folder: Path) -> LoadedPipeline:
    """The pipeline that the lines below `%%pipeline` describe; its notebooks are relative to `folder`.

    Raises:
        InvalidInput: with a finding for each thing that is wrong, at its line in the cell.
    """
    with TemporaryDirectory(prefix="dagbook-") as scratch:
        file = Path(scratch) / "cell.pipeline.yaml"
        # The line of the magic is the first of the cell.
        file.write_text(f"\n{text}", "utf-8", "replace")
        try:
            loaded = load_pipeline(file)
        except InvalidInput as error:
            raise InvalidInput(*(replace(finding, file=SHOWN) for finding in error.findings)) from None
    return replace(loaded, file=folder / f"{loaded.spec.pipeline}.pipeline.yaml", shown=SHOWN)
