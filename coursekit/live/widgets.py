"""From a demo's control descriptions to ipywidgets, and the look of a panel."""

import os
from html import escape
from math import log10
from pathlib import Path
from typing import Any

import ipywidgets as w
from traitlets import Unicode

from coursekit.figures.controls import Choice, Control, Slider

PAGE = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")

# Every panel carries the look of all; when the page has taken it in, PAGE runs.
STYLE = """<style onload='PAGE'>
.coursekit-panel { max-width: 1060px; padding: 4px;  /* room for the ring of what has the focus */
  --jp-widgets-slider-handle-border-color: var(--jp-ui-font-color2, #666); }
.coursekit-panel .coursekit-figure { width: auto; max-width: 100%; height: auto; background: white;
  border-radius: 6px; }
.coursekit-panel .coursekit-controls { gap: 2px 24px; }
.coursekit-panel .coursekit-controls > :first-child { grid-column: 1 / -1; }
.coursekit-panel .widget-html-content { line-height: 1.45; color: var(--jp-ui-font-color1, #222); font-size: 14px; }
.coursekit-panel .coursekit-question b { font-size: 15px; }
.coursekit-panel .coursekit-notice .widget-html-content { font-size: 13px; }
.coursekit-panel .coursekit-error [role=alert] { border-left: 4px solid #c62828; padding: 4px 10px;
  background: #fdecea; color: #111; }
.coursekit-panel .widget-label { font-size: 14px; }
.coursekit-panel .jupyter-button { height: auto; min-height: 30px; line-height: 20px; padding: 4px 12px;
  white-space: normal; }
.coursekit-panel :is(.noUi-handle, .widget-readout, .jupyter-button, select, input):focus-visible {
  outline: 3px solid var(--jp-brand-color1, #1976d2) !important; outline-offset: 1px; }
</style>""".replace("PAGE", escape(PAGE))
FOR_THE_LAST_ROW = "<style>.coursekit-panel { zoom: 1.4; }</style>"


class Picture(w.Image):  # type: ignore[misc]
    """A PNG whose ``tooltip`` a screen reader can say: the page makes it the title of the picture."""

    description = Unicode("").tag(sync=True)  # JupyterLab fails on the tooltip of a widget that has none


def html(text: str, css_class: str) -> w.HTML:
    """A block of HTML with a class of ours."""
    block = w.HTML(text)
    block.add_class(css_class)
    return block


def style() -> w.HTML:
    """The look of a panel; in a lecture (``COURSEKIT_LECTURE=1``) all of it is larger."""
    return html(STYLE + FOR_THE_LAST_ROW * (os.environ.get("COURSEKIT_LECTURE") == "1"), "coursekit-style")


def note(error: BaseException) -> str:
    """Say in HTML what went wrong; the names and values in it are not ours, so they are escaped."""
    return (
        f"<div role='alert'><b>{type(error).__name__}.</b> {escape(str(error))}<br>"
        "The controls still work: move one, or press Reset.</div>"
    )


def button(label: str, tooltip: str, icon: str = "") -> w.Button:
    """A button as wide as its label."""
    return w.Button(description=label, tooltip=tooltip, icon=icon, layout=w.Layout(width="auto"))


def control_widget(name: str, control: Control, value: Any) -> w.DOMWidget:
    """The widget for one state field, labelled, with keyboard use and (sliders) a number that can be typed."""
    common: dict[str, Any] = {
        "description": control.label,
        "tooltip": "",  # without one the page says "null" when the mouse rests on the label
        "style": {"description_width": "170px"},
        "layout": w.Layout(width="auto"),
    }
    widget = _slider(control, value, common) if isinstance(control, Slider) else _other(control, value, common)
    widget.add_class(f"coursekit-control-{name}")
    return widget


def _slider(control: Slider, value: Any, common: dict[str, Any]) -> w.DOMWidget:
    common |= {"value": value, "step": control.step, "continuous_update": not control.on_release}
    if control.log:
        return w.FloatLogSlider(min=log10(control.low), max=log10(control.high), readout_format=".3g", **common)
    if control.whole:
        return w.IntSlider(min=control.low, max=control.high, **common)
    return w.FloatSlider(min=control.low, max=control.high, readout_format=".3g", **common)


def _other(control: Control, value: Any, common: dict[str, Any]) -> w.DOMWidget:
    if isinstance(control, Choice):
        return w.Dropdown(options=list(control.options.items()), value=value, **common)
    return w.Checkbox(value=value, **common)


def grid(children: list[w.DOMWidget]) -> w.GridBox:
    """Two columns, or one where the page is narrow."""
    box = w.GridBox(children, layout=w.Layout(grid_template_columns="repeat(auto-fit, minmax(430px, 1fr))"))
    box.add_class("coursekit-controls")
    return box


def row(children: list[w.DOMWidget]) -> w.HBox:
    """Side by side, wrapping."""
    return w.HBox(children, layout=w.Layout(flex_flow="row wrap", align_items="center"))
