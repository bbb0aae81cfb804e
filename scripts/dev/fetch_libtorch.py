#!/usr/bin/env python3
"""Fetches the pinned LibTorch wheels and unpacks what Orrery needs of them. Called by `./dev setup`.

  fetch_libtorch.py CACHE [--cuda]

CACHE/libtorch-2.11.0/ gets torch/ and nvidia/ side by side, as in a site-packages folder. Wheels are fetched one by one
with `pip download`, checked against their sha256 and kept in CACHE/wheels until all are unpacked, so that a broken
download costs one wheel. The folder appears under its name only when it is complete. Two calls at once wait for each
other. Uses the standard library only; exit code 1 with one message where it cannot go on.
"""

import errno
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

VERSION = "2.11.0"
PINS = Path(__file__).resolve().parents[2] / "cmake"
# pip does not derive the older platforms from the newest one.
PLATFORMS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_25", "manylinux_2_18", "manylinux_2_17", "manylinux2014"]
CPU_FILES = re.compile(
    r"torch/(lib/(libtorch_cpu|libc10|libgomp)\.so|include/|version\.py$)"
    r"|nvidia/cu13/(lib/libcudart\.so|lib/libcupti\.so|include/)"
)
CUDA_FILES = re.compile(r"torch/(lib/(?!libtorch_python|libshm)|include/|version\.py$)|nvidia/")


class Failure(Exception):
    """A message for the user: what failed, where, and what to do."""


def say(text):
    print(f"dev: {text}", file=sys.stderr, flush=True)


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
            f"the disk of {folder} is too full: LibTorch needs {megabytes} MB there, {free} MB are free.\n"
            "  Free some space, or name a folder on another disk with XDG_CACHE_HOME."
        )


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


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
        help_text = subprocess.run([python, "-m", "pip", "download", "--help"], capture_output=True, text=True)
        if help_text.returncode == 0:
            resume = ["--resume-retries", "5"] if "--resume-retries" in help_text.stdout else []
            return [python, "-m", "pip", "download"] + resume
    raise Failure("pip is missing. Install it: apt-get install python3-pip")


def pip_download(folder, requirement, sha256):
    pins = folder / "pin.txt"
    pins.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    command = pip_command() + ["--no-deps", "--no-cache-dir", "--disable-pip-version-check"]
    command += [] if sys.stderr.isatty() else ["--quiet"]
    command += ["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]
    command += ["--abi", "none"] + [f"--platform={name}_x86_64" for name in PLATFORMS]
    command += ["--require-hashes", "--requirement", str(pins), "--dest", str(folder)]
    # The temporary folder of the system may be a small one in memory.
    done = subprocess.run(
        command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(folder)}
    )
    if "No space left on device" in done.stderr or "Disk quota exceeded" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder.parent))
    return [line for line in done.stderr.splitlines() if line.startswith("ERROR")] if done.returncode else []


def fetch_wheel(wheels, requirement, sha256):
    held = held_wheel(wheels, requirement, sha256)
    if held:
        return held
    for again in ("", " again"):
        say(f"fetching {requirement}{again}")
        with tempfile.TemporaryDirectory(dir=wheels, prefix=".fetch-") as folder:
            errors = pip_download(Path(folder), requirement, sha256)
            for path in Path(folder).glob("*.whl"):
                if sha256_of(path) == sha256:
                    return path.rename(wheels / path.name)
    raise Failure("\n  ".join([f"{requirement} could not be fetched. Is there a network? pip says:"] + errors))


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
    require_space(cache, megabytes)
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
        say("interrupted; what was fetched whole is kept")
        sys.exit(130)
