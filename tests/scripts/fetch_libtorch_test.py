"""Tests of scripts/dev/resumed_download.py and fetch_libtorch.py against a server on this machine."""

import contextlib
import hashlib
import http.client
import http.server
import io
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "dev"))
import fetch_libtorch
import resumed_download

WHEEL = bytes(range(256)) * 40
SHA256 = hashlib.sha256(WHEEL).hexdigest()
NAME = "thing-1.0-py3-none-any.whl"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves server.body; sends at most server.cut bytes of an answer."""

    def do_GET(self):
        server, start = self.server, 0
        server.ranges.append(self.headers["Range"])
        if server.status:
            return self.send_error(server.status)
        if self.headers["Range"] and server.knows_range:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start >= len(server.body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.body) - start))
        self.end_headers()
        self.wfile.write(server.body[start:][: server.cut])

    def log_message(self, *_):
        pass


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.body, self.server.cut, self.server.knows_range = WHEEL, None, True
        self.server.ranges, self.server.status = [], None
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.path = Path(folder.name) / NAME
        self.part = self.path.with_name(NAME + ".part")
        self.url = f"http://127.0.0.1:{self.server.server_port}/{NAME}"
        environment = mock.patch.dict("os.environ", {"no_proxy": "127.0.0.1"})
        environment.start()
        self.addCleanup(environment.stop)

    def download(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            resumed_download.download(self.url, self.path, SHA256)
        self.assertEqual(self.path.read_bytes(), WHEEL)
        self.assertFalse(self.part.exists())
        return said.getvalue()

    def test_fetches_a_whole_file(self):
        self.download()
        self.assertEqual(self.server.ranges, [None])

    def test_goes_on_after_what_an_earlier_call_fetched(self):
        self.part.write_bytes(WHEEL[:1000])
        self.assertIn("going on", self.download())
        self.assertEqual(self.server.ranges, ["bytes=1000-"])

    def test_goes_on_when_the_connection_breaks(self):
        self.server.cut = 4000
        self.download()
        self.assertEqual(self.server.ranges, [None, "bytes=4000-", "bytes=8000-"])

    def test_gives_up_when_nothing_more_comes_and_keeps_the_part(self):
        self.part.write_bytes(WHEEL[:1000])
        self.server.cut = 0
        with self.assertRaises(http.client.IncompleteRead), contextlib.redirect_stderr(io.StringIO()):
            resumed_download.download(self.url, self.path, SHA256)
        self.assertEqual(len(self.server.ranges), resumed_download.TRIES_WITHOUT_PROGRESS)
        self.assertEqual(self.part.read_bytes(), WHEEL[:1000])

    def test_starts_anew_where_the_server_does_not_know_range(self):
        self.server.knows_range = False
        self.part.write_bytes(b"x" * 1000)
        self.download()

    def test_takes_a_part_that_is_whole(self):
        self.part.write_bytes(WHEEL)
        self.download()
        self.assertEqual(self.server.ranges, [f"bytes={len(WHEEL)}-"])

    def test_fetches_a_wrong_file_once_again_from_its_first_byte(self):
        self.part.write_bytes(b"x" * 1000)
        self.assertIn("wrong sha256", self.download())
        self.assertEqual(self.server.ranges, ["bytes=1000-", None])

    def test_says_so_when_the_file_is_wrong_twice(self):
        self.server.body = b"x" + WHEEL[1:]
        with self.assertRaisesRegex(resumed_download.Failure, "came twice with a sha256 that is not the pinned one"):
            self.download()
        self.assertEqual(len(self.server.ranges), 2)
        self.assertFalse(self.part.exists() or self.path.exists())

    def test_says_how_much_a_full_disk_lacks_and_where(self):
        usage = types.SimpleNamespace(free=len(WHEEL) - 1)
        with mock.patch("shutil.disk_usage", return_value=usage):
            with self.assertRaisesRegex(resumed_download.Failure, f"{self.path.parent} is full: {NAME} needs 1 MB more"):
                self.download()

    def test_says_that_the_disk_is_full_when_it_fills_while_writing_and_keeps_the_part(self):
        self.part.write_bytes(WHEEL[:1000])
        full = OSError(28, "No space left on device")
        with mock.patch.object(resumed_download, "write_all", side_effect=full):
            with self.assertRaisesRegex(resumed_download.Failure, f"{self.path.parent} is full"):
                self.download()
        self.assertEqual(self.part.read_bytes(), WHEEL[:1000])

    def fetch_wheel(self):
        with contextlib.redirect_stderr(io.StringIO()), mock.patch.object(fetch_libtorch, "wheel_url", return_value=self.url):
            return fetch_libtorch.fetch_wheel(self.path.parent, "thing==1.0", SHA256)

    def test_keeps_a_held_wheel_and_replaces_a_broken_one(self):
        self.path.write_bytes(WHEEL)
        self.assertEqual(self.fetch_wheel(), self.path)
        self.assertEqual(self.server.ranges, [])
        self.path.write_bytes(b"x")
        self.assertEqual(self.fetch_wheel().read_bytes(), WHEEL)

    def test_asks_pip_where_the_index_wants_a_password(self):
        self.server.status = 401
        with mock.patch.object(fetch_libtorch, "fetch_with_pip", return_value="pip's") as fetch:
            self.assertEqual(self.fetch_wheel(), "pip's")
        fetch.assert_called_once_with(self.path.parent, "thing==1.0", SHA256)

    def test_keeps_what_came_of_a_download_that_broke_off_and_does_not_begin_anew_with_pip(self):
        self.part.write_bytes(WHEEL[:1000])
        self.server.cut = 0
        with self.assertRaisesRegex(resumed_download.Failure, "the next call goes on from there"):
            self.fetch_wheel()
        self.assertEqual(self.part.read_bytes(), WHEEL[:1000])

    def test_reads_where_the_wheel_is_from_what_pip_says(self):
        said = f"  Found link {self.url}#sha256=1 (from index) (requires-python:>=3), version: 1.0\n"
        said = said.replace("1.0", "1.0.1") + said
        with mock.patch("subprocess.run", return_value=types.SimpleNamespace(returncode=0, stdout=said)):
            self.assertEqual(fetch_libtorch.wheel_url("thing==1.0"), self.url)
            self.assertIsNone(fetch_libtorch.wheel_url("thing==2.0"))

    def test_cuda_fetches_what_liborrery_cuda_is_built_with(self):
        pins, megabytes = fetch_libtorch.read_pins(cuda=True)
        names = {pin.split("==")[0] for pin, _ in pins}
        self.assertLessEqual({"torch", "nvidia-cuda-runtime", "nvidia-cuda-crt"}, names)
        self.assertGreater(megabytes, fetch_libtorch.read_pins(cuda=False)[1])
        needed = [
            "torch/lib/libtorch_cuda.so",
            "torch/lib/libc10_cuda.so",
            "torch/include/ATen/cuda/CUDAGraph.h",
            "nvidia/cu13/lib/libcudart.so.13",
            "nvidia/cu13/include/cuda_runtime_api.h",
            "nvidia/cu13/include/crt/host_defines.h",
        ]
        for name in needed:
            self.assertTrue(fetch_libtorch.CUDA_FILES.match(name), name)
        self.assertFalse(fetch_libtorch.CPU_FILES.match(needed[0]))


if __name__ == "__main__":
    unittest.main()
