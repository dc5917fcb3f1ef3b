"""Downloads from a server of the test's own: what goes wrong on a network, and that nothing wrong is kept."""

import errno
import gzip
import hashlib
import io
import threading
import tracemalloc
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import numpy as np
import pytest

from coursekit.data import DownloadError, downloads, fashion, load_fashion, load_fashion_or_digits
from coursekit.data.downloads import DOWNLOADS, Download, RemoteFile, data_folder, download, fetch, open_url
from coursekit.data.downloads import missing as missing_files

CONTENT = np.random.default_rng(1).bytes(200_000)
FILE = RemoteFile("thing.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
open_plain = partial(open_url, schemes=("http",))


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.answers[path]``: a function of this handler; it notes every request."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        self.server.answers[self.path](self)

    def send(self, content, status=200, kind="application/octet-stream", announced=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if announced is not False:
            self.send_header("Content-Length", str(len(content) if announced is None else announced))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def first_byte(self):
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *args):
        pass


def whole(handler):
    handler.send(CONTENT)


def ranges(handler):
    """As a server that knows ranges."""
    start = handler.first_byte()
    if start:
        handler.send(CONTENT[start:], 206, Content_Range=f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
    else:
        handler.send(CONTENT)


def broken_after(count):
    """As `ranges`, but the connection ends ``count`` bytes later."""

    def answer(handler):
        start = handler.first_byte()
        headers = {"Content_Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"} if start else {}
        left = len(CONTENT) - start
        handler.send(CONTENT[start : start + count], 206 if start else 200, announced=left, **headers)

    return answer


def web_page(handler):
    handler.send(b"<html>Please log in</html>", kind="text/html; charset=utf-8")


def missing(handler):
    handler.send_error(404)


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.requests = {}, []
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def get(server, tmp_path):
    """Fetch `FILE` from mirrors that answer as given; the folder's name has a space and an accent."""
    folder = tmp_path / "Zoë's data"

    def call(*answers, **options):
        mirrors = []
        for i, answer in enumerate(answers):
            server.answers[f"/{i}/thing.gz"] = answer
            mirrors.append(f"{server.address}/{i}/")
        return fetch(FILE, mirrors, folder, open_url=open_plain, **options)

    call.folder = folder
    return call


def left_behind(folder):
    return sorted(path.name for path in folder.glob("*"))


def test_a_file_arrives_whole_and_its_progress_is_told(get):
    seen = []
    path = get(whole, progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (FILE.size, FILE.size)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert left_behind(get.folder) == ["thing.gz"]


def test_a_file_that_is_there_is_not_fetched_again(get, server):
    get(whole)
    get(whole)
    assert len(server.requests) == 1


@pytest.mark.parametrize("damage", [CONTENT[:-1], CONTENT + b"x", b"x" + CONTENT[1:], b""])
def test_a_damaged_file_is_fetched_again(get, damage):
    path = get(whole)
    path.write_bytes(damage)
    assert get(whole).read_bytes() == CONTENT


def wrong_hash(handler):
    handler.send(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))


def oversized(handler):
    handler.send(CONTENT + b"x")


def endless(handler):
    handler.send(CONTENT * 3, announced=False)


def another_range(handler):
    handler.send(CONTENT[7:], 206, Content_Range=f"bytes 7-{len(CONTENT) - 1}/{len(CONTENT)}")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (wrong_hash, "its SHA-256 differs"),
        (web_page, "a web page came instead of the file; does the network want a login"),
        (oversized, "the file has 200001 bytes there, not 200000"),
        (endless, "more than the file's 200000 bytes came"),
        (another_range, "another range"),
        (missing, "HTTP Error 404"),
    ],
)
def test_wrong_content_is_refused_and_nothing_of_it_stays(get, answer, message):
    with pytest.raises(DownloadError, match=rf"(?s)^thing\.gz could not be fetched\. Check the network.*{message}"):
        get(answer)
    assert left_behind(get.folder) == []


@pytest.mark.parametrize("answer", [wrong_hash, web_page, oversized, endless, missing, broken_after(0)])
def test_the_next_mirror_helps_out(get, server, answer):
    assert get(answer, whole).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/0/thing.gz", "/1/thing.gz"]
    assert left_behind(get.folder) == ["thing.gz"]


def test_an_interrupted_download_goes_on_where_it_broke(get, server):
    assert get(broken_after(70_000)).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=70000-", "bytes=140000-"]


def test_another_mirror_goes_on_where_the_first_broke(get, server):
    answers = iter([broken_after(70_000), broken_after(0)])
    assert get(lambda handler: next(answers)(handler), ranges).read_bytes() == CONTENT
    assert server.requests[-1] == ("/1/thing.gz", "bytes=70000-")


def test_the_next_call_goes_on_where_the_last_broke(get, server):
    answers = iter([broken_after(70_000), missing])
    with pytest.raises(DownloadError, match=r"(?s)ended after 70000 of 200000 bytes.*404"):
        get(lambda handler: next(answers)(handler))
    assert left_behind(get.folder) == ["thing.gz.part"]
    assert get(ranges).read_bytes() == CONTENT
    assert server.requests[-1][1] == "bytes=70000-"
    assert left_behind(get.folder) == ["thing.gz"]


def test_a_server_without_ranges_starts_again(get, server):
    get.folder.mkdir()
    (get.folder / "thing.gz.part").write_bytes(CONTENT[:500])
    assert get(whole).read_bytes() == CONTENT
    assert len(server.requests) == 1


@pytest.mark.parametrize("part", [b"x" * 500, b"x" * len(CONTENT), CONTENT + b"more"], ids=["short", "full", "long"])
def test_a_damaged_part_is_dropped(get, part):
    get.folder.mkdir()
    (get.folder / "thing.gz.part").write_bytes(part)
    assert get(ranges).read_bytes() == CONTENT


def test_a_complete_part_needs_no_network(get, server):
    get.folder.mkdir()
    (get.folder / "thing.gz.part").write_bytes(CONTENT)
    assert get(missing).read_bytes() == CONTENT
    assert server.requests == []


def test_a_part_beyond_the_servers_file_is_dropped(get):
    def beyond(handler):
        handler.send_error(416) if handler.first_byte() else handler.send(CONTENT)

    get.folder.mkdir()
    (get.folder / "thing.gz.part").write_bytes(CONTENT[:500])
    assert get(beyond).read_bytes() == CONTENT


def test_a_trickle_is_given_up(get, server):
    with pytest.raises(DownloadError, match="ended after"):
        get(broken_after(10))
    assert len(server.requests) == downloads.ATTEMPTS


def test_a_stopped_cell_keeps_what_came(get):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(whole, progress=stop)
    assert left_behind(get.folder) == ["thing.gz.part"]
    assert get(ranges).read_bytes() == CONTENT


def offline(url, start):
    raise URLError("Temporary failure in name resolution")


def test_without_a_network_the_message_says_so_and_nothing_is_left(tmp_path):
    with pytest.raises(DownloadError, match=r"(?s)put the file into .*https://a/thing\.gz: .*name resolution"):
        fetch(FILE, ["https://a/"], tmp_path, open_url=offline)
    assert left_behind(tmp_path) == []


def test_only_https_is_allowed_unless_asked(server, tmp_path):
    with pytest.raises(DownloadError, match=r"http://127.* is refused: only https is allowed"):
        fetch(FILE, [f"{server.address}/"], tmp_path)
    assert server.requests == []
    for address in ("file:///etc/hostname", "ftp://a/b"):
        with pytest.raises(DownloadError, match="only https is allowed"):
            open_url(address)


def test_a_redirect_is_followed_unless_it_leaves_the_allowed_schemes(get, server):
    def to(address):
        return lambda handler: handler.send(b"", 302, Location=address)

    server.answers["/elsewhere"] = whole
    assert get(to(f"{server.address}/elsewhere")).read_bytes() == CONTENT
    (get.folder / "thing.gz").unlink()
    with pytest.raises(DownloadError, match="ftp://a/b is refused: only http is allowed"):
        get(to("ftp://a/b"))


def test_the_record_of_fashion_mnist_is_complete():
    for record in DOWNLOADS.values():
        assert record.label
        assert record.licence
        assert record.source
        assert len(record.mirrors) > 1
        assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in record.mirrors)
        for file in record.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert 0 < file.size < 40e6
    names = {file.name for file in DOWNLOADS["fashion_mnist"].files}
    assert names == {
        f"{prefix}-{kind}-ubyte.gz" for prefix in fashion.PREFIX.values() for kind in ("images-idx3", "labels-idx1")
    }


@pytest.mark.parametrize(
    "name", ["../thing.gz", "a/thing.gz", "/tmp/thing.gz", "..", ".", "", "a\\thing.gz", "C:thing.gz"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(get, server, tmp_path, name):
    with pytest.raises(ValueError, match="must not lead out of its folder"):
        fetch(FILE._replace(name=name), [f"{server.address}/"], tmp_path / "data", open_url=open_plain)
    assert server.requests == []
    assert left_behind(tmp_path) == []


class FullDisk(io.RawIOBase):
    """A file on a disk that takes nothing more."""

    def writable(self):
        return True

    def write(self, block):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_named_and_its_part_goes(get, server, monkeypatch):
    get.folder.mkdir()
    (get.folder / "thing.gz.part").write_bytes(CONTENT[:70_000])
    path_open = downloads.Path.open
    monkeypatch.setattr(
        downloads.Path, "open", lambda path, mode: FullDisk() if mode in ("wb", "ab") else path_open(path, mode)
    )
    with pytest.raises(DownloadError, match=r"^The disk is full: .*Zoë's data\. Make room there"):
        get(ranges, ranges)
    assert len(server.requests) == 1  # another mirror would not help
    assert left_behind(get.folder) == []


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(DownloadError, match=r"file cannot be written to \(.*File exists.*\)\. Choose another folder"):
        fetch(FILE, [f"{server.address}/"], tmp_path / "file", open_url=open_plain)
    assert server.requests == []


def test_where_data_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("COURSEKIT_DATA")
    monkeypatch.delenv("COURSEKIT_HOME", raising=False)
    monkeypatch.setattr(downloads.Path, "home", lambda: tmp_path)
    assert data_folder() == tmp_path / ".coursekit" / "data"

    def homeless():
        raise RuntimeError

    monkeypatch.setattr(downloads.Path, "home", homeless)
    with pytest.raises(DownloadError, match=r"There is no home folder .* Set COURSEKIT_DATA"):
        data_folder()


def test_an_unknown_name_says_which_there_are(tmp_path):
    with pytest.raises(KeyError, match=r"no download called 'mnist'.*Known: fashion_mnist"):
        download("mnist", tmp_path)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0)


@pytest.fixture
def small_fashion(server, monkeypatch, rng):
    """A set of the same form with six images to train and four to test, on our server."""
    arrays = {}
    for prefix, count in (("train", 6), ("t10k", 4)):
        arrays[f"{prefix}-images-idx3-ubyte.gz"] = rng.integers(0, 256, (count, 28, 28))
        arrays[f"{prefix}-labels-idx1-ubyte.gz"] = rng.integers(0, 10, count)
    files = []
    for name, array in arrays.items():
        content = idx(array)
        files.append(RemoteFile(name, len(content), hashlib.sha256(content).hexdigest()))
        server.answers[f"/{name}"] = partial(Handler.send, content=content)
    record = Download("fashion_mnist", "Small", tuple(files), (f"{server.address}/",), "MIT", "the test")
    monkeypatch.setattr(downloads, "DOWNLOADS", {"fashion_mnist": record})
    monkeypatch.setattr(fashion, "COUNTS", {"train": 6, "test": 4})
    return arrays


def test_fashion_is_fetched_once_and_read(small_fashion, server, tmp_path):
    for split, prefix in (("train", "train"), ("test", "t10k"), ("train", "train")):
        images, labels = load_fashion(split, tmp_path, open_url=open_plain)
        pixels = small_fashion[f"{prefix}-images-idx3-ubyte.gz"]
        assert images.dtype == np.float32
        assert labels.dtype == np.int64
        np.testing.assert_allclose(images, pixels[:, None] / 255, rtol=1e-6)
        np.testing.assert_array_equal(labels, small_fashion[f"{prefix}-labels-idx1-ubyte.gz"])
    assert len(server.requests) == 4
    assert missing_files(downloads.DOWNLOADS["fashion_mnist"], tmp_path) == []
    assert len(fashion.FASHION_CLASSES) == 10


def test_progress_counts_all_files_together(small_fashion, tmp_path):
    seen = []
    download("fashion_mnist", tmp_path, lambda done, total: seen.append((done, total)), open_plain)
    sizes = [file.size for file in downloads.DOWNLOADS["fashion_mnist"].files]
    assert seen == [(sum(sizes[: i + 1]), sum(sizes)) for i in range(4)]


def test_what_is_missing_or_damaged_is_told(small_fashion, tmp_path):
    record = downloads.DOWNLOADS["fashion_mnist"]
    assert missing_files(record, tmp_path) == list(record.files)
    place = download("fashion_mnist", tmp_path, open_url=open_plain)
    (place / record.files[2].name).write_bytes(bytes(record.files[2].size))
    assert missing_files(record, tmp_path) == [record.files[2]]


def test_another_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="split must be 'train' or 'test', but is 'all'"):
        load_fashion("all", tmp_path)


def test_without_a_network_the_bundled_digits_stand_in(tmp_path):
    notes = []
    images, labels = load_fashion_or_digits("test", notes.append, folder=tmp_path, open_url=offline)
    assert images.shape == (360, 1, 8, 8)
    assert len(labels) == 360
    assert notes == [
        "Using the bundled digits instead of Fashion-MNIST. train-images-idx3-ubyte.gz could not be fetched. Check the "
        f"network and try again, or put the file into {tmp_path / 'fashion_mnist'} yourself."
    ]


def test_with_a_network_there_is_no_note(small_fashion, tmp_path):
    notes = []
    images, _ = load_fashion_or_digits("test", notes.append, folder=tmp_path, open_url=open_plain)
    assert images.shape == (4, 1, 28, 28)
    assert notes == []


GOOD = np.arange(24).reshape(2, 3, 4)


def test_an_idx_file_is_read(tmp_path):
    (tmp_path / "good.gz").write_bytes(idx(GOOD))
    np.testing.assert_array_equal(fashion.read_idx(tmp_path / "good.gz", (2, 3, 4)), GOOD)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not hold bytes of shape"),
        (b"<html>", "cannot be unpacked"),
        (idx(GOOD)[:-9], "cannot be unpacked"),
        (idx(GOOD)[:20] + b"\0\0\0" + idx(GOOD)[23:], "cannot be unpacked"),
        (idx(GOOD[:1]), "does not hold bytes of shape"),
        (idx(GOOD.ravel()), "does not hold bytes of shape"),
        (gzip.compress(gzip.decompress(idx(GOOD)) + b"x"), "does not hold bytes of shape"),
        (gzip.compress(gzip.decompress(idx(GOOD))[:-1]), "does not hold bytes of shape"),
    ],
    ids=["empty", "page", "truncated", "damaged", "fewer", "flat", "longer", "shorter"],
)
def test_a_damaged_idx_file_says_what_to_do(tmp_path, content, message):
    path = tmp_path / "bad.gz"
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=rf"^bad\.gz {message}.* Delete .*bad\.gz and load again"):
        fashion.read_idx(path, (2, 3, 4))


def test_a_file_that_unpacks_to_far_too_much_takes_no_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(gzip.decompress(idx(GOOD)) + bytes(30_000_000), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match="does not hold bytes of shape"):
            fashion.read_idx(path, (2, 3, 4))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
