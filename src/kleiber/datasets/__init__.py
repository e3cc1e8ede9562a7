"""Data sets: a pool to train from, a validation set and a test set, disjoint by content, with a fingerprint.

A file of this folder is a data set by that name. It gives `load(path, **options) -> Raw`: the examples as its source
has them. `load_dataset` does the rest, once for all of them: repeats, overlap, split, fingerprint. Files whose name
starts with an underscore belong to the folder.
"""

from kleiber.datasets._arrays import given as given
from kleiber.datasets._arrays import in_memory as in_memory
from kleiber.datasets._dataset import Dataset as Dataset
from kleiber.datasets._dataset import Part as Part
from kleiber.datasets._dataset import Raw as Raw
from kleiber.datasets._load import SHARED as SHARED
from kleiber.datasets._load import kind_of as kind_of
from kleiber.datasets._load import load_dataset as load_dataset

__all__ = ["SHARED", "Dataset", "Part", "Raw", "given", "in_memory", "kind_of", "load_dataset"]
