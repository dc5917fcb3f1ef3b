"""The one place that knows ipywidgets: it puts sliders on a demo and shows its picture as they move."""

from coursekit.live.panel import Panel
from coursekit.live.show import prepare, self_test, show

__all__ = ["Panel", "prepare", "self_test", "show"]
