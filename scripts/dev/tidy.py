#!/usr/bin/env python3
"""Runs clang-tidy on C++ sources, as many at once as there are processors. Called by `./dev lint`.

  tidy.py BUILD_FOLDER SOURCE...

The build is GCC's: its precompiled headers, which clang cannot read, are left out of the commands. Sources that the
build does not compile are passed over. Exit code 1 when anything was found.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def clang_commands(build):
    """The build's compile commands without what only GCC understands. CMake's own header text stays included."""
    commands = []
    for command in json.loads((build / "compile_commands.json").read_text()):
        commands += parts_of(command)
    for command in commands:
        command["command"] = re.sub(r" -Winvalid-pch| -fpch-preprocess", "", command["command"])
        command["command"] = re.sub(r" -include (\S*/cmake_pch\.hxx)", precompiled_text, command["command"])
    return commands


def parts_of(command):
    """Sources that the build compiles several at a time, one by one."""
    whole = Path(command["directory"], command["file"])
    if "/Unity/" not in str(whole):
        return [command]
    sources = re.findall(r'^#include "(.*)"$', whole.read_text(), re.MULTILINE)
    return [dict(command, file=part, command=command["command"].replace(command["file"], part)) for part in sources]


def precompiled_text(match):
    """clang would open the .gch beside the header, so the header is copied away from it."""
    copy = Path(tempfile.gettempdir()) / f"orrery-tidy-{os.getpid()}-{abs(hash(match[1]))}.hxx"
    copy.write_bytes(Path(match[1]).read_bytes())
    return f" -include {copy}"


def tidy(folder, source):
    command = ["clang-tidy-16", "--quiet", "-p", folder, source]
    done = subprocess.run(command, capture_output=True, text=True)
    return source, done.returncode, done.stdout


def main(build, sources):
    commands = clang_commands(build)
    built = {str(Path(command["directory"], command["file"]).resolve()) for command in commands}
    sources = [source for source in sources if str(Path(source).resolve()) in built]
    faults = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        (Path(folder) / "compile_commands.json").write_text(json.dumps(commands))
        for source, status, text in pool.map(lambda source: tidy(folder, source), sources):
            print(f"clang-tidy {source}", file=sys.stderr, flush=True)
            if status or "warning:" in text:
                faults += 1
                print(text, flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    status = main(Path(sys.argv[1]), sys.argv[2:])
    for leftover in Path(tempfile.gettempdir()).glob(f"orrery-tidy-{os.getpid()}-*.hxx"):
        leftover.unlink()
    sys.exit(status)
