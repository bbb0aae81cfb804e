"""Tests of what ./dev refuses, and of its help."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dev(*arguments, path=None):
    environment = os.environ | ({"PATH": f"{path}:{os.environ['PATH']}"} if path else {})
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)


class DevTest(unittest.TestCase):
    def assert_refused(self, arguments, message):
        done = dev(*arguments)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, f"dev: {message} (see ./dev --help)\n")

    def test_refuses_an_unknown_command_and_names_the_nearest(self):
        self.assert_refused(["tset"], "unknown command tset. Did you mean test?")
        self.assert_refused(["xyzzy"], "unknown command xyzzy.")

    def test_refuses_an_unknown_option_and_names_the_nearest(self):
        self.assert_refused(["setup", "--cdua"], "unknown option of setup --cdua. Did you mean --cuda?")
        self.assert_refused(["test", "--ful"], "unknown option of test --ful. Did you mean --full?")
        self.assert_refused(["build", "--preset", "asn"], "unknown preset asn. Did you mean asan?")
        self.assert_refused(["fuzz", "--tiem", "5"], "unknown option of fuzz --tiem. Did you mean --time?")
        self.assert_refused(["fuzz", "--time", "soon"], "--time takes whole seconds, got 'soon'")
        self.assert_refused(["fuzz", "--time"], "--time needs a number of seconds")

    def test_refuses_a_run_without_a_script(self):
        self.assert_refused(["run"], "run what? For example: ./dev run examples/01_digits.lua")

    def test_help_lists_every_command_and_help_of_one_that_alone(self):
        text = (ROOT / "dev").read_text()
        commands = re.search(r"^commands=\((.*)\)$", text, re.M)[1].split()
        listed = re.findall(r"^  ([a-z]+) ", dev("--help").stdout, re.M)
        self.assertEqual(listed, commands)
        self.assertEqual(re.findall(r"^  ([a-z]+) ", dev("clean", "--help").stdout, re.M), ["clean"])

    def test_without_the_right_to_install_says_the_line_that_would(self):
        fakes = {"dpkg-query": "exit 1", "id": "echo 1000", "sudo": "exit 1", "apt-get": "exit 99"}
        with tempfile.TemporaryDirectory() as folder:
            for name, line in fakes.items():
                (Path(folder) / name).write_text(f"#!/bin/sh\n{line}\n")
                (Path(folder) / name).chmod(0o755)
            done = dev("format", path=folder)
        self.assertEqual(done.returncode, 1)
        expected = "dev: packages are missing. As root, run:\n  apt-get update && apt-get install -y clang-format\n"
        self.assertEqual(done.stderr, expected)


if __name__ == "__main__":
    unittest.main()
