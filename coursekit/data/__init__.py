"""The data of the course: bundled with it, drawn from a formula, or fetched once and checked."""

from coursekit.data.bundled import Images, load_digits, load_photograph
from coursekit.data.downloads import DownloadError, download
from coursekit.data.fashion import FASHION_CLASSES, load_fashion, load_fashion_or_digits
from coursekit.data.own import as_digit
from coursekit.data.parts import Part, split
from coursekit.data.synthetic import POINT_SETS, Points, PointSet, blobs, circles, moons, spirals, xor

__all__ = [
    "FASHION_CLASSES",
    "POINT_SETS",
    "DownloadError",
    "Images",
    "Part",
    "PointSet",
    "Points",
    "as_digit",
    "blobs",
    "circles",
    "download",
    "load_digits",
    "load_fashion",
    "load_fashion_or_digits",
    "load_photograph",
    "moons",
    "spirals",
    "split",
    "xor",
]
