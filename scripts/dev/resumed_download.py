"""Downloads a file over HTTP so that what has come is never fetched twice.

A download grows in `NAME.part` beside its final name. One that was cut off goes on from its last byte, by a Range
request, in this call or in the next; a server that does not know Range starts anew. Standard library only.
"""

import errno
import hashlib
import http.client
import shutil
import sys
import urllib.error
import urllib.request

TRIES_WITHOUT_PROGRESS = 3
SECONDS_OF_SILENCE = 60


class Failure(Exception):
    """A message for the user: what failed, where, and what to do."""


def say(text):
    print(f"dev: {text}", file=sys.stderr, flush=True)


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def disk_full(part, missing):
    return Failure(
        f"the disk of {part.parent} is full: {part.name.removesuffix('.part')} needs {missing // 1_000_000 + 1} MB more"
        " there.\n  Free some space, or name a folder on another disk with XDG_CACHE_HOME. What was fetched is kept."
    )


def show_progress(done, total):
    if sys.stderr.isatty():
        print(f"\rdev: {done // 1_000_000} of {total // 1_000_000} MB ", end="\n" if done == total else "", file=sys.stderr)


def write_all(file, chunk):
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def receive(response, part, held):
    """Adds the answer to the part, or begins it anew where the answer is the whole file."""
    if response.status != 206:
        held = 0
    left = int(response.headers["Content-Length"])
    total = held + left
    if shutil.disk_usage(part.parent).free < left:
        raise disk_full(part, left)
    with open(part, "ab" if held else "wb", buffering=0) as file:
        while chunk := response.read(1 << 20):
            try:
                write_all(file, chunk)
            except OSError as error:
                raise disk_full(part, left) if error.errno in (errno.ENOSPC, errno.EDQUOT) else error
            left -= len(chunk)
            show_progress(total - left, total)
    if left:
        raise http.client.IncompleteRead(b"", left)


def request_rest(url, part):
    held = size_of(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={held}-"} if held else {})
    try:
        response = urllib.request.urlopen(request, timeout=SECONDS_OF_SILENCE)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and held:
            return  # There is nothing behind what is held; its sha256 tells whether it is the file.
        raise
    with response:
        receive(response, part, held)


def complete(url, part):
    """Fetches until the part is complete, as long as each few tries bring something."""
    tries = TRIES_WITHOUT_PROGRESS
    while True:
        held = size_of(part)
        try:
            return request_rest(url, part)
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
            tries = TRIES_WITHOUT_PROGRESS if size_of(part) > held else tries - 1
            if not tries:
                raise


def download(url, path, sha256):
    """Puts the file with this sha256 at `path`. A wrong one is fetched once more, from its first byte."""
    part = path.with_name(path.name + ".part")
    if size_of(part):
        say(f"going on with {path.name} after {size_of(part) // 1_000_000} MB")
    for _ in range(2):
        complete(url, part)
        if sha256_of(part) == sha256:
            return part.rename(path)
        part.unlink()
        say(f"{path.name} came with a wrong sha256; it was removed")
    raise Failure(
        f"{path.name} came twice with a sha256 that is not the pinned one. Something between here and the package index"
        "\n  changes files: try another network or index."
    )
