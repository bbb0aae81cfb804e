#!/usr/bin/env python3
"""Fetches the pinned LibTorch wheels and unpacks what Orrery needs of them. Called by `./dev setup`.

  fetch_libtorch.py CACHE [--cuda]

CACHE/libtorch-2.11.0/ gets torch/ and nvidia/ side by side, as in a site-packages folder. pip, which knows the user's
package index, names the wheels; they are fetched one by one, checked against their sha256 and kept in CACHE/wheels until
all are unpacked, half fetched ones too, so that a broken download goes on where it stopped. The folder appears under its name only when it is complete. Two calls at once wait for each
other. Uses the standard library only; exit code 1 with one message where it cannot go on.
"""

import errno
import fcntl
import http.client
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import zipfile
from pathlib import Path

from resumed_download import Failure, download, say, sha256_of

VERSION = "2.11.0"
PINS = Path(__file__).resolve().parents[2] / "cmake"
# pip does not derive the older platforms from the newest one.
PLATFORMS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_25", "manylinux_2_18", "manylinux_2_17", "manylinux2014"]
CPU_FILES = re.compile(
    r"torch/(lib/(libtorch_cpu|libc10|libgomp)\.so|include/|version\.py$)"
    r"|nvidia/cu13/(lib/libcudart\.so|lib/libcupti\.so|include/)"
)
TARGET = ["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"]
TARGET += [f"--platform={name}_x86_64" for name in PLATFORMS]
CUDA_FILES = re.compile(r"torch/(lib/(?!libtorch_python|libshm)|include/|version\.py$)|nvidia/")


def read_pins(cuda):
    """[(requirement, sha256)] and the megabytes that fetching and unpacking take."""
    names = [f"libtorch-{VERSION}.txt"] + ([f"libtorch-{VERSION}-cuda.txt"] if cuda else [])
    text = "".join((PINS / name).read_text() for name in names)
    pins = re.findall(r"^(\S+==\S+) --hash=sha256:([0-9a-f]{64})$", text, re.M)
    return pins, sum(map(int, re.findall(r"^# space-mb: (\d+)$", text, re.M)))


def require_space(folder, megabytes):
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise Failure(
            f"the disk of {folder} is too full: LibTorch needs {megabytes} MB more there, {free} MB are free.\n"
            "  Free some space, or name a folder on another disk with XDG_CACHE_HOME."
        )


def held_wheel(wheels, requirement, sha256):
    """The wheel in the cache if it is whole; a broken one is removed."""
    name, version = requirement.split("==")
    for path in wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl"):
        if sha256_of(path) == sha256:
            return path
        say(f"{path.name} is broken (its sha256 is not the pinned one); fetching it again")
        path.unlink()
    return None


def pip_command():
    """The first pip that runs: of this Python, else of the system's."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-m", "pip"]
        if subprocess.run(command + ["--version"], capture_output=True).returncode == 0:
            return command + ["--disable-pip-version-check"]
    raise Failure("pip is missing. Install it: apt-get install python3-pip")


def wheel_url(requirement):
    """Where the user's package index has the wheel; None where pip does not say. Fetches nothing but the index.

    `pip install --dry-run --report` would tell it in JSON, but Debian 12's pip fetches the whole wheel for that.
    """
    name, version = requirement.split("==")
    command = pip_command() + ["index", "versions", name, "-vv"] + TARGET
    text = subprocess.run(command, capture_output=True, text=True).stdout
    link = re.search(rf"Found link (\S+\.whl)\S* .*version: {re.escape(version)}$", text, re.M)
    return link and link[1]


def pip_download(folder, requirement, sha256):
    """Puts the wheel into the folder; returns what pip says where it cannot."""
    pins = folder / "pin.txt"
    pins.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    command = pip_command() + ["download", "--no-deps", "--no-cache-dir"] + TARGET
    command += [] if sys.stderr.isatty() else ["--quiet"]
    command += ["--require-hashes", "--requirement", str(pins), "--dest", str(folder)]
    # The temporary folder of the system may be a small one in memory.
    done = subprocess.run(
        command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(folder)}
    )
    if "No space left on device" in done.stderr or "Disk quota exceeded" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder.parent))
    return [line for line in done.stderr.splitlines() if line.startswith("ERROR")] if done.returncode else []


def fetch_with_pip(wheels, requirement, sha256):
    """For an index that wants what only pip has: a password, a certificate, a proxy. It cannot go on where it stopped."""
    with tempfile.TemporaryDirectory(dir=wheels, prefix=".fetch-") as folder:
        errors = pip_download(Path(folder), requirement, sha256)
        for path in Path(folder).glob("*.whl"):
            if sha256_of(path) == sha256:
                return path.rename(wheels / path.name)
    raise Failure("\n  ".join([f"{requirement} could not be fetched. Is there a network? pip says:"] + errors))


def fetch_wheel(wheels, requirement, sha256):
    held = held_wheel(wheels, requirement, sha256)
    if held:
        return held
    say(f"fetching {requirement}")
    url = wheel_url(requirement)
    try:
        if url:
            return download(url, wheels / urllib.parse.unquote(url.rsplit("/", 1)[-1]), sha256)
    except (http.client.HTTPException, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        if any(wheels.glob("*.part")):
            raise Failure(f"{requirement}: {error}. What was fetched is kept, and the next call goes on from there.")
        say(f"{requirement}: {error}; trying with pip")
    return fetch_with_pip(wheels, requirement, sha256)


def unpack(wheel, folder, wanted):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if wanted.match(entry.filename) and not entry.is_dir():
                archive.extract(entry, folder)


def replace_folder(new, final):
    """Puts `new` at `final`; what was there is gone."""
    if final.exists():
        old = Path(tempfile.mkdtemp(dir=final.parent, prefix=".old-"))
        final.rename(old / final.name)
        new.rename(final)
        shutil.rmtree(old)
    else:
        new.rename(final)


def install(cache, cuda):
    pins, megabytes = read_pins(cuda)
    wheels = cache / "wheels"
    wheels.mkdir(exist_ok=True)
    held = sum(path.stat().st_size for path in wheels.glob("*.whl*")) // 1_000_000
    require_space(cache, megabytes - held)
    files = [fetch_wheel(wheels, *pin) for pin in pins]
    new = Path(tempfile.mkdtemp(dir=cache, prefix=".unpack-"))
    try:
        for wheel in files:
            unpack(wheel, new, CUDA_FILES if cuda else CPU_FILES)
        (new / "contents").write_text("cuda\n" if cuda else "cpu\n")
        new.chmod(0o755)
        replace_folder(new, cache / f"libtorch-{VERSION}")
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(wheels)


def is_installed(cache, cuda):
    contents = cache / f"libtorch-{VERSION}" / "contents"
    return contents.exists() and contents.read_text().strip() in (("cuda",) if cuda else ("cpu", "cuda"))


def remove_leftovers(cache):
    """What a killed call left behind; safe under the lock."""
    for pattern in (".unpack-*", ".old-*", "wheels/.fetch-*"):
        for folder in cache.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)


def main(arguments):
    cuda = "--cuda" in arguments
    cache = Path(arguments[0])
    if platform.machine() != "x86_64":
        raise Failure(
            f"the pinned LibTorch is for x86_64, this is {platform.machine()}.\n"
            "  Install PyTorch for Python, or give a LibTorch with -DORRERY_LIBTORCH=<dir>."
        )
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(cache, cuda):
            remove_leftovers(cache)
            install(cache, cuda)
            say(f"LibTorch {VERSION} is ready in {cache / f'libtorch-{VERSION}'}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        say(str(failure))
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            say(f"{error.filename or 'the cache'}: {error.strerror}")
        else:
            say(f"the disk is full ({error.filename or sys.argv[1]}); nothing incomplete was left under its final name")
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted; what was fetched is kept, and the next call goes on from there")
        sys.exit(130)
