"""Networks: layers in a row, and what each of them costs."""

from coursekit.network.architectures import ARCHITECTURES
from coursekit.network.cost import CostRow, CostTable, cost_table
from coursekit.network.sequential import Sequential, pass_kept, values_of, walk, walk_once

__all__ = [
    "ARCHITECTURES",
    "CostRow",
    "CostTable",
    "Sequential",
    "cost_table",
    "pass_kept",
    "values_of",
    "walk",
    "walk_once",
]
