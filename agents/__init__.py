"""Allocators: the protocol they follow, and the baselines every other one is compared with."""

import os

# MKL otherwise multiplies matrices, and so rounds, by where in memory a row begins: the same
# numbers would not give the same bits. It reads this at its first use.
os.environ.setdefault("MKL_CBWR", "AUTO")
