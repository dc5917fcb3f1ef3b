"""The one place that knows widgets: it puts sliders on a demo and shows its picture as they move.

Nothing is imported here: Jupyter's server loads `coursekit.live.server_extension` and must not pay for the rest.
"""
