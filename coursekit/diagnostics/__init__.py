"""What flows through an array, a layer and a network, in numbers."""

from coursekit.diagnostics.arrays import Flatness, Moments, layer_flatness, layer_histogram, layer_moments
from coursekit.diagnostics.findings import Finding, findings
from coursekit.diagnostics.network import (
    LayerReport,
    NonFinite,
    first_nonfinite,
    network_report,
    trace,
    trace_backward,
    update_ratio,
)
from coursekit.diagnostics.sharpness import Sharpness, sharpness

__all__ = [
    "Finding",
    "Flatness",
    "LayerReport",
    "Moments",
    "NonFinite",
    "Sharpness",
    "findings",
    "first_nonfinite",
    "layer_flatness",
    "layer_histogram",
    "layer_moments",
    "network_report",
    "sharpness",
    "trace",
    "trace_backward",
    "update_ratio",
]
