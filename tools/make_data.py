"""Make the files in data/ from the pictures that scikit-learn carries: ``python -m tools.make_data``."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits, load_sample_image

DATA = Path(__file__).parent.parent / "data"

Pixels = NDArray[np.uint8]

# Where the crop begins (row, column): the pagoda with its roof, the blossom in the middle.
CROPS = {"china": (20, 0), "flower": (54, 67)}
HEIGHT, WIDTH = 160, 240


def digits() -> dict[str, Pixels]:
    """The 8×8 digits as they are: images (1797, 8, 8) from 0 to 16, labels (1797,)."""
    bunch = load_digits()
    return {"images": bunch.images.astype(np.uint8), "labels": bunch.target.astype(np.uint8)}


def photographs() -> dict[str, Pixels]:
    """Each photograph (160, 240, 3): cropped, then every 2×2 block replaced by its mean."""
    return {name: _half(load_sample_image(f"{name}.jpg"), *corner) for name, corner in CROPS.items()}


def _half(pixels: Pixels, row: int, column: int) -> Pixels:
    crop = pixels[row : row + 2 * HEIGHT, column : column + 2 * WIDTH]
    blocks = crop.reshape(HEIGHT, 2, WIDTH, 2, 3)
    return blocks.mean((1, 3)).round().astype(np.uint8)


def write(folder: Path) -> None:
    """Write ``digits.npz`` and ``photographs.npz``; NumPy stamps every member with the same date, so bytes repeat."""
    contents: dict[str, dict[str, Any]] = {"digits": digits(), "photographs": photographs()}
    for name, arrays in contents.items():
        path = folder / f"{name}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    write(DATA)
