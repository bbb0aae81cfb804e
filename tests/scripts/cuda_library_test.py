"""Tests of cmake/CudaLibrary.cmake: what it says of a LibTorch that liborrery_cuda cannot be built with."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(probe NONE)
list(APPEND CMAKE_MODULE_PATH {ROOT}/cmake)
include(CudaLibrary)
orrery_find_cuda(why)
if(why)
  message(FATAL_ERROR "why: ${{why}}")
endif()
get_target_property(folders orrery::torch_cuda INTERFACE_INCLUDE_DIRECTORIES)
message(STATUS "found: ${{folders}}")
"""
WHOLE = [
    "torch/lib/libtorch_cuda.so",
    "torch/lib/libc10_cuda.so",
    "nvidia/cu13/lib/libcudart.so.13",
    "nvidia/cu13/include/cuda_runtime_api.h",
    "nvidia/cu13/include/crt/host_defines.h",
]


class CudaLibraryTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "CMakeLists.txt").write_text(PROJECT)

    def configured(self, files, *options):
        """CMake's exit status and its words, in one line, for a LibTorch with these files."""
        for name in files:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).touch()
        torch = f"-DORRERY_TORCH_DIR={self.folder}/torch"
        command = ["cmake", "-S", self.folder, "-B", self.folder / "build", torch, *options]
        environment = os.environ | {"CUDA_HOME": f"{self.folder}/toolkit"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def test_finds_what_the_wheels_hold(self):
        status, words = self.configured(WHOLE)
        self.assertEqual(status, 0, words)
        self.assertIn(f"found: {self.folder}/nvidia/cu13/include", words)

    def test_says_what_is_missing(self):
        reasons = {
            "torch/lib/libtorch_cuda.so": "torch is one for the CPU",
            "nvidia/cu13/lib/libcudart.so.13": "NVIDIA's runtime (nvidia-cuda-runtime) is not beside LibTorch",
            "nvidia/cu13/include/cuda_runtime_api.h": "NVIDIA's runtime (nvidia-cuda-runtime) is not beside LibTorch",
            "nvidia/cu13/include/crt/host_defines.h": "headers (nvidia-cuda-crt) are not beside LibTorch",
        }
        for missing, why in reasons.items():
            with self.subTest(missing=missing):
                self.setUp()
                status, words = self.configured([name for name in WHOLE if name != missing])
                self.assertEqual(status, 1)
                self.assertIn(why, words)

    def test_takes_the_headers_of_a_toolkit(self):
        headers = [name for name in WHOLE if "/include/" in name]
        toolkit = [name.replace("nvidia/cu13", "toolkit") for name in headers]
        status, words = self.configured([name for name in WHOLE if name not in headers] + toolkit)
        self.assertEqual(status, 0, words)
        self.assertIn(f"found: {self.folder}/toolkit/include", words)

    def test_is_left_out_when_asked(self):
        status, words = self.configured(WHOLE, "-DORRERY_CUDA=OFF")
        self.assertEqual(status, 1)
        self.assertIn("why: ORRERY_CUDA=OFF", words)


if __name__ == "__main__":
    unittest.main()
