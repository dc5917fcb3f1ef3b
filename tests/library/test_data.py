"""The data files: what they hold, how they are split, and what is said when one is missing or damaged."""

import shutil
import zipfile

import numpy as np
import pytest
from test_checkpoint import Planted

from coursekit import places
from coursekit.data import load_digits, load_photograph
from tools import make_data

FILES = ("digits.npz", "photographs.npz")


@pytest.mark.parametrize(("split", "count"), [("train", 1437), ("test", 360), (None, 1797)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_digits_have_the_promised_form(split, count, dtype):
    images, labels = load_digits(split, dtype)
    assert images.shape == (count, 1, 8, 8)
    assert images.dtype == dtype
    assert (images.min(), images.max()) == (0, 1)
    assert labels.dtype == np.int64
    assert sorted(set(labels)) == list(range(10))


def test_the_splits_share_no_image_and_miss_none():
    def counted(split):
        images, labels = load_digits(split)
        rows, counts = np.unique(np.column_stack([images.reshape(len(labels), -1), labels]), axis=0, return_counts=True)
        return dict(zip(map(bytes, rows), counts, strict=True))

    train, test, everything = map(counted, ("train", "test", None))
    assert everything == {key: train.get(key, 0) + test.get(key, 0) for key in train.keys() | test.keys()}


def test_every_class_gives_its_fifth_to_the_test_split():
    shares = np.bincount(load_digits("test").labels) / np.bincount(load_digits().labels)
    np.testing.assert_allclose(shares, 0.2, atol=0.005)


def test_digits_are_labelled_as_what_they_show():
    train, test = load_digits("train"), load_digits("test")
    means = np.stack([train.images[train.labels == digit].mean(0) for digit in range(10)])
    distances = ((test.images[:, np.newaxis] - means) ** 2).sum((2, 3, 4))
    assert (distances.argmin(1) == test.labels).mean() > 0.85


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photographs_have_the_promised_form(name):
    photograph = load_photograph(name)
    assert photograph.shape == (160, 240, 3)
    assert photograph.dtype == np.float32
    assert 0 <= photograph.min() < 0.1
    assert 0.9 < photograph.max() <= 1


def test_each_load_is_a_copy_of_its_own():
    load_photograph("china")[:] = 0
    assert load_photograph("china").any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: load_digits("validation"), ValueError, "'train', 'test' or None"),
        (lambda: load_digits(dtype=np.int64), TypeError, "float32 or float64, but is int64"),
        (lambda: load_photograph("rose"), ValueError, "'china' or 'flower', but is 'rose'"),
    ],
)
def test_wrong_arguments_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_script_makes_what_is_stored():
    assert_stored("digits.npz", make_data.digits(), tolerance=0)
    assert_stored("photographs.npz", make_data.photographs(), tolerance=1)  # JPEG decoders may round differently


def assert_stored(file, made, tolerance):
    with np.load(make_data.DATA / file, allow_pickle=False) as stored:
        assert sorted(stored) == sorted(made)
        for name, array in made.items():
            assert stored[name].dtype == array.dtype == np.uint8
            assert np.abs(stored[name].astype(int) - array).max() <= tolerance


def test_the_script_writes_the_same_bytes_twice(tmp_path, capsys):
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        make_data.write(folder)
        written.append([(folder / file).read_bytes() for file in FILES])
    assert written[0] == written[1]
    assert "digits.npz" in capsys.readouterr().out


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A package folder with spaces and accents in its name, and data bundled inside it."""
    package = tmp_path / "Zoë's 课程 packages" / "coursekit"
    data = package / "bundled" / "data"
    shutil.copytree(make_data.DATA, data)
    monkeypatch.setattr(places, "PACKAGE", package)
    return data


def test_an_installed_package_reads_its_own_data(installation):
    (installation.parents[2] / "data").mkdir()  # somebody else's folder, beside the package
    assert len(load_digits().labels) == 1797


def test_a_missing_file_says_what_to_do(installation):
    (installation / "digits.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"digits\.npz is missing\. Install .*make_data"):
        load_digits()


def truncate(path):
    path.write_bytes(path.read_bytes()[:20_000])


def empty(path):
    path.write_bytes(b"")


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[20_000] ^= 1
    path.write_bytes(content)


def replace_by_text(path):
    path.write_text("<html>404</html>", encoding="utf-8")


def drop_an_array(path):
    with zipfile.ZipFile(path, "w"):
        pass


@pytest.mark.parametrize("damage", [truncate, empty, flip_a_bit, replace_by_text, drop_an_array])
def test_a_damaged_file_says_what_to_do(installation, damage):
    damage(installation / "digits.npz")
    with pytest.raises(RuntimeError, match=r"(?s)digits\.npz cannot be read \(.+\)\. Install .*make_data"):
        load_digits()


def test_a_pickle_is_refused_and_not_run(installation, tmp_path):
    trace = tmp_path / "ran"
    np.savez(installation / "digits.npz", images=np.array([Planted(trace)], object), labels=np.zeros(1))
    with pytest.raises(RuntimeError, match=r"digits\.npz cannot be read \(Object arrays cannot be loaded"):
        load_digits()
    assert not trace.exists()
