"""Makes the seeds that fuzzing of the readers begins with (./dev fuzz), each a small file that its reader accepts.

    python3 scripts/dev/make_fuzz_corpus.py        (needs build/orrery, for graphs)

tests/fuzz/corpus/READER/: where fixtures of tests serve, these; the others are made here. Readers are those that
tests/fuzz/reader_targets.cpp lists.
"""

import gzip
import io
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).parents[2]
FIXTURES = ROOT / "tests/formats/fixtures"
CORPUS = ROOT / "tests/fuzz/corpus"

COPIED = {
    "pt": ["pt/tensor.pt", "pt/shared.pt", "pt/state_legacy.pt", "pt/deflated.pt", "pt/zip64.pt"],
    "safetensors": ["reference.safetensors"],
    "npz": ["data/stored.npz", "data/deflated.npz"],
    "npy": ["data/float32.npy", "data/fortran_big_endian.npy", "data/version2.npy", "data/version3.npy",
            "data/complex64.npy", "data/bool.npy", "data/scalar.npy", "data/empty.npy"],
    "weights": ["pt/tensor.pt", "data/stored.npz", "data/float32.npy", "reference.safetensors"],
    "image": ["data/bits.png", "data/palette.png", "data/interlaced.png", "data/deep.png", "data/transparent.png",
              "data/one.png", "data/rgb.jpg", "data/progressive.jpg", "data/cmyk.jpg", "data/grey.jpg"],
}

PICKLED = ["state", "shared", "checkpoint", "script", "dtypes", "parameter", "protocol3"]

# A graph each, with what its JSON can tell: layers shared and tied, options at a call, blocks, loops, slices, uses.
GRAPHS = """
local orrery = require "orrery"
local nn = orrery.nn
local folder = arg[1]

local function graph(name, build)
  local g = orrery.graph(name)
  build(g)
  local file = assert(io.open(folder .. "/" .. name .. ".json", "wb"))
  file:write(g:json())
  file:close()
end

graph("net", function(g)
  local image, label = g:input { image = { shape = { 1, 8, 8 } }, label = { shape = {}, dtype = "int64", label = true } }
  local features = g:block("features", function(x) return nn.MaxPool2d(2)(nn.Conv2d(1, 4, 3, { padding = 1 })(x):relu()) end)
  local logits = nn.Linear(64, 10, { name = "head" })(features(image):flatten(1))
  g:output(nn.CrossEntropyLoss()(logits, label))
end)

graph("tied", function(g)
  local words = g:input { words = { shape = { 7 }, dtype = "int64" } }
  local embedding = nn.Embedding(11, 6)
  local x = embedding(words)
  local out, state = nn.LSTM(6, 6, { batch_first = true })(x)
  g:output(nn.Linear { in_features = 6, out_features = 11, bias = false, weight = embedding.weight }(out))
end)

graph("shapes", function(g)
  local x = g:input { x = { shape = { 4, 6 } } }
  local a, b = x:chunk(2, 2)
  local y = orrery.cat({ a, b * 2 }, 2):transpose(1, 2)
  g:output(y[{ {}, 0 }]:softmax(-1))
  g:output(y:mean(1):view(-1, 2, 2):sum())
end)
"""


def write(reader, name, content):
    folder = CORPUS / reader
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def copy_fixtures():
    for reader, names in COPIED.items():
        for name in names:
            write(reader, pathlib.Path(name).name, (FIXTURES / name).read_bytes())


def pickles():
    for name in PICKLED:
        with zipfile.ZipFile(FIXTURES / f"pt/{name}.pt") as archive:
            member = next(entry for entry in archive.namelist() if entry.endswith("/data.pkl"))
            write("pickle", f"{name}.pkl", archive.read(member))


def archive_of(members, compression):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=name.startswith("wide")) as file:
                file.write(content)
    return buffer.getvalue()


def archives():
    members = {"a/one": b"one", "a/empty": b"", "wide": bytes(100)}
    write("zip", "stored.zip", archive_of(members, zipfile.ZIP_STORED))
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("many"), b"text " * 200, zipfile.ZIP_DEFLATED)
        write("zip", "deflated.zip", buffer.getvalue())


def safetensors_of(header, data):
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def safetensors():
    write("safetensors", "empty.safetensors", safetensors_of({}, b""))
    header = {"__metadata__": {"format": "pt", "orrery.aliases": '{"tied":"a"}'},
              "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
              "half": {"dtype": "F4", "shape": [3, 2], "data_offsets": [8, 11]},
              "none": {"dtype": "BF16", "shape": [0, 5], "data_offsets": [11, 11]}}
    write("safetensors", "kinds.safetensors", safetensors_of(header, bytes(range(11))))


def idx():
    write("idx", "labels.idx", struct.pack(">4BI", 0, 0, 8, 1, 3) + bytes([7, 2, 1]))
    write("idx", "images.idx", struct.pack(">4B3I", 0, 0, 8, 3, 2, 2, 2) + bytes(range(8)))
    write("idx", "floats.idx", struct.pack(">4B2I3f", 0, 0, 0x0D, 2, 1, 3, 0.5, -1.0, 2.0))


def gzips():
    one = gzip.compress(b"a few words, a few words\n", mtime=0)
    write("gzip", "one.gz", one)
    write("gzip", "two_and_padding.gz", one + gzip.compress(bytes(300), mtime=0) + bytes(9))


def tables():
    for name, text in {"numbers": "a,b,c\n1,2.5,-3e2\n4,inf,nan\n", "quoted": '"x, y";"z"\r\n"1";2\r\n\r\n3;4\r\n',
                       "tabs": "\ufeff1\t2\n3\t4", "names": "kind,size\ncat,1\ndog,2\n"}.items():
        write("csv", f"{name}.csv", text.encode())


def graphs():
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(GRAPHS)
        script.flush()
        (CORPUS / "graph").mkdir(parents=True, exist_ok=True)
        subprocess.run([ROOT / "build/orrery", "run", script.name, CORPUS / "graph"], check=True)


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for make in (copy_fixtures, pickles, archives, safetensors, idx, gzips, tables, graphs):
        make()


if __name__ == "__main__":
    main()
