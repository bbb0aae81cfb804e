#!/usr/bin/env python3
"""Writes the data of the examples that are not copied as they come: data/README.md tells of them.

    apt-get download r-cran-janeaustenr && dpkg -x r-cran-janeaustenr*.deb austen
    pip download --no-deps scikit-learn && unzip scikit_learn*.whl 'sklearn/datasets/data/*' -d sk
    scripts/dev/make_example_data.py austen sk data
"""
import bz2
import gzip
import lzma
import re
import struct
import sys
import zlib
from pathlib import Path

XZ_BLOCK = [{"id": lzma.FILTER_LZMA2}]


def unpacked(entry):
    """An entry of an R database: its size, a letter for the compression, and what is compressed."""
    kind, packed = entry[4:5], entry[5:]
    if kind == b"2":
        return bz2.decompress(packed)
    if kind == b"Z":
        return lzma.decompress(packed, format=lzma.FORMAT_RAW, filters=XZ_BLOCK)
    return zlib.decompress(entry[4:])


def character_vector(serialised):
    """The strings of the first character vector in R's XDR format."""
    at = serialised.find(b"\x00\x00\x00\x10") + 4
    count = struct.unpack(">I", serialised[at:at + 4])[0]
    at += 4
    lines = []
    for _ in range(count):
        length = struct.unpack(">i", serialised[at + 4:at + 8])[0]
        at += 8
        lines.append(serialised[at:at + length].decode())
        at += length
    return lines


def novel(package, title):
    folder = Path(package) / "usr/lib/R/site-library/janeaustenr/data"
    index = zlib.decompress((folder / "Rdata.rdx").read_bytes(), 47)
    database = (folder / "Rdata.rdb").read_bytes()
    for place in re.findall(rb"\x00\x00\x00\x0d\x00\x00\x00\x02(.{8})", index, re.S):
        offset, length = struct.unpack(">2i", place)
        lines = character_vector(unpacked(database[offset:offset + length]))
        if lines[0].strip() == title:
            return "\n".join(lines)
    raise SystemExit(f"no novel {title}")


def first_chapters(text, size):
    """As many whole chapters as fit, from the first one on."""
    begin = text.index("Chapter 1\n")
    return text[begin:text.rindex("\n\n\nChapter", begin, begin + size)].strip() + "\n"


def write(path, text):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        packed.write(text.encode())
    print(path, len(text))


def diabetes(package):
    folder = Path(package) / "sklearn/datasets/data"
    rows = gzip.open(folder / "diabetes_data_raw.csv.gz", "rt").read().split("\n")
    targets = gzip.open(folder / "diabetes_target.csv.gz", "rt").read().split("\n")
    lines = ["age,sex,bmi,bp,tc,ldl,hdl,tch,ltg,glu,progression"]
    lines += [",".join(row.split()) + f",{float(target):g}" for row, target in zip(rows, targets) if row]
    return "\n".join(lines) + "\n"


def main():
    austen, sklearn, out = map(Path, sys.argv[1:])
    write(out / "pride_and_prejudice.txt.gz", first_chapters(novel(austen, "PRIDE AND PREJUDICE"), 205000))
    write(out / "diabetes.csv.gz", diabetes(sklearn))


main()
