"""A chapter saved as HTML keeps the description of every picture, which nbconvert's own template leaves out."""

from html import escape
from typing import Any

from nbconvert.preprocessors import Preprocessor


class DescribePictures(Preprocessor):
    """Offer each described picture as HTML too: nbconvert prefers HTML, and there a picture has an alternative text."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        for output in cell.get("outputs", []):
            if text := escape(output.get("metadata", {}).get("image/png", {}).get("alt", "")):
                png = f'<img src="data:image/png;base64,{output.data["image/png"]}" alt="{text}">'
                output.data["text/html"] = f"<figure>{png}<figcaption>{text}</figcaption></figure>"
        return cell, resources
