"""What a live figure is made of, without widgets: its record, controls, canvas, look and marks."""
