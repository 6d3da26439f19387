"""Public data sets as offered load: masks of slices or edges, or requests to replay.

    masks = load_masks(Path("milano_internet.parquet"), steps=96, slice_count=4)
    write_mask_csv(masks, Path("mask.csv"), slice_ids=[1, 2, 3, 4])

A damaged file raises UsageError, which names file, line, column, value and what would be right.
"""

from pyctl.traces.arrivals import Arrivals, arrivals_csv, load_arrivals
from pyctl.traces.datasets import DATASETS, DataSet, check
from pyctl.traces.formats import detect
from pyctl.traces.masks import Masks, load_masks, write_mask_csv

__all__ = [
    "DATASETS",
    "Arrivals",
    "DataSet",
    "Masks",
    "arrivals_csv",
    "check",
    "detect",
    "load_arrivals",
    "load_masks",
    "write_mask_csv",
]
