"""The live figures by name, in the order of the course: ``DEMOS["collapse"]``."""

from coursekit.chapters import DEMOS

__all__ = ["DEMOS"]
