"""What a chapter is without a kernel: its pictures and texts, in place of widgets that nobody answers for any more."""

from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"


def keep_still(notebook: dict[str, Any]) -> None:
    """Take the view of a widget from each of our outputs, and what was kept of all widgets if no view is left.

    A page prefers a view to the picture beside it, and where the kernel has gone it shows an error in its place.
    """
    outputs = [output for cell in notebook.get("cells", []) for output in cell.get("outputs", [])]
    for output in filter(stands_alone, outputs):
        output["data"].pop(VIEW, None)
    if not any(VIEW in output.get("data", {}) for output in outputs):
        notebook.get("metadata", {}).pop("widgets", None)


def stands_alone(output: dict[str, Any]) -> bool:
    """Whether an output is ours, and holds a picture or a text that needs no kernel."""
    ours = "coursekit" in output.get("metadata", {})
    return ours and not output.get("data", {}).keys().isdisjoint(("image/png", "text/html"))


def before_saving(model: dict[str, Any], **_: Any) -> None:
    """Keep still what a server is about to save, if it is a notebook."""
    if model["type"] == "notebook":
        keep_still(model["content"])
