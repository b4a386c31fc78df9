"""Tables of pandas, polars and pyarrow, as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagbook.formats.port import is_a


class TableFormat:
    """Parquet, written by the table's own library."""

    suffix = ".parquet"

    def fits(self, value: object) -> bool:
        """A DataFrame of pandas or polars, or a Table of pyarrow."""
        return (
            is_a(value, "pandas", "DataFrame")
            or is_a(value, "polars", "DataFrame")
            or is_a(value, "pyarrow", "Table")
        )

    def write(self, value: Any, path: Path) -> None:
        """Write the table; TypeError for columns that Parquet cannot hold."""
        try:
            if is_a(value, "pandas", "DataFrame"):
                value.to_parquet(path)
            elif is_a(value, "polars", "DataFrame"):
                value.write_parquet(path)
            else:
                from pyarrow import parquet  # there already: the table is its

                parquet.write_table(value, path)
        except ImportError as error:
            raise TypeError("a table is published as Parquet, which needs pyarrow: install it") from error
        except (ValueError, TypeError, OverflowError) as error:
            said = str(error).partition("\n")[0]
            raise TypeError(
                f"the table cannot be written as Parquet ({said}); "
                "make its columns of one type each, or use pickle=True"
            ) from error
