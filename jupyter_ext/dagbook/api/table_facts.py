"""How two published tables differ, in a few words; as far as their own headers tell."""

from __future__ import annotations

from pathlib import Path


def table_facts(left: Path, right: Path) -> str:
    """Rows and columns that changed between two parquet files; nothing for other files or without pyarrow."""
    if {left.suffix, right.suffix} != {".parquet"}:
        return ""
    try:
        from pyarrow.parquet import ParquetFile

        tables = [ParquetFile(path) for path in (left, right)]
        rows = [table.metadata.num_rows for table in tables]
        columns = [dict.fromkeys(table.schema_arrow.names) for table in tables]
    except (ImportError, OSError, ValueError):  # pyarrow's own errors are ValueErrors
        return ""
    told = []
    if rows[0] != rows[1]:
        told.append(f"{rows[0]} → {rows[1]} rows")
    if more := [name for name in columns[1] if name not in columns[0]]:
        told.append(f"new columns {', '.join(more)}")
    if fewer := [name for name in columns[0] if name not in columns[1]]:
        told.append(f"without columns {', '.join(fewer)}")
    return "; ".join(told) or "the same rows and columns, other values"
