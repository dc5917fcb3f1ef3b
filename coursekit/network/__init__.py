"""Networks: layers in a row, and what each of them costs."""

from coursekit.network.cost import ARCHITECTURES, CostRow, CostTable, cost_table
from coursekit.network.sequential import Sequential, walk

__all__ = ["ARCHITECTURES", "CostRow", "CostTable", "Sequential", "cost_table", "walk"]
