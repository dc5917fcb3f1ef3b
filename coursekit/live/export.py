"""A chapter saved as HTML keeps the description of every picture, which nbconvert's own template leaves out."""

from html import escape
from typing import Any

from nbconvert.preprocessors import Preprocessor

from coursekit.live.saving import keep_still, stands_alone


class DescribePictures(Preprocessor):
    """Offer each of our pictures as HTML, which nbconvert prefers, with its alternative text; show no widget instead.

    A notebook that was not saved by our server still has its widgets, and nbconvert would fetch what draws them.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        keep_still(nb)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        for output in filter(stands_alone, cell.get("outputs", [])):
            if text := escape(output.metadata.get("image/png", {}).get("alt", "")):
                png = f'<img src="data:image/png;base64,{output.data["image/png"]}" alt="{text}">'
                output.data["text/html"] = f"<figure>{png}<figcaption>{text}</figcaption></figure>"
        return cell, resources
