"""Parquet bodies of MLflow's route."""

from __future__ import annotations

import io

from .errors import InputError, clip
from .payload import Table


def parse_parquet(body: bytes) -> Table:
    """Raises InputError for what cannot be read, also where pyarrow is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise InputError("Parquet cannot be read here: pyarrow is not installed.") from None
    try:
        columns = pyarrow.parquet.read_table(io.BytesIO(body)).to_pydict()
    except Exception as error:
        raise InputError(f"The body is not valid Parquet: {clip(str(error))}.") from None
    return Table([str(name) for name in columns], [list(row) for row in zip(*columns.values())], "the Parquet file")
