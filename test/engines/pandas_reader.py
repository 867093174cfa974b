"""What pandas reads of folders of Parquet files, as JSON: rows, rows by day, and of each column its type, nulls and sums."""

import json
import sys

import pandas as pd
from pandas.api import types


def summary(column):
    known = column.dropna()
    said = {"nulls": int(column.isna().sum())}
    if types.is_bool_dtype(column.dtype):
        return said | {"type": "boolean", "sum": int(known.sum())}
    if types.is_datetime64_any_dtype(column.dtype):
        ms = known.dt.as_unit("ms").astype("int64[pyarrow]")
        return said | {"type": "timestamp", "min": bound(ms, "min"), "max": bound(ms, "max")}
    if types.is_integer_dtype(column.dtype):
        # Python's own numbers don't overflow
        return said | {"type": "integer", "sum": str(sum(int(one) for one in known))}
    # a column of NULLs only, or one that is a dictionary
    text = known.astype("string[pyarrow]")
    return said | {"type": "string", "distinct": int(text.nunique()), "length": int(text.str.len().sum())}


def bound(ms, which):
    return None if len(ms) == 0 else int(getattr(ms, which)())


def read(folder, options):
    frame = pd.read_parquet(folder, engine="pyarrow", **options)
    days = frame.pop("dt").astype(str).value_counts()
    return {
        "rows": len(frame),
        "days": {day: int(rows) for day, rows in sorted(days.items()) if rows > 0},
        "columns": {name: summary(frame[name]) for name in frame.columns},
    }


# Without pyarrow's types a column of whole numbers with NULLs would become one of floating point. INT96 is read as ns unless
# told otherwise, which silently wraps times before 1677 and after 2262, such as dt=1970-01-01 holds.
OPTIONS = {"dtype_backend": "pyarrow", "coerce_int96_timestamp_unit": "ms"}

print(json.dumps({folder: read(folder, OPTIONS) for folder in sys.argv[1:]}))
