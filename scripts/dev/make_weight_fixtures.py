"""Makes the weight files that readers are tested with, by PyTorch itself.

    python scripts/dev/make_weight_fixtures.py        (torch==2.11.0 numpy==2.2.6 safetensors==0.8.0)

tests/formats/fixtures/pt/: what torch.save has written, in both layouts, and what TorchScript writes. Values are
counted: a tensor of n elements holds 0, 1, … n − 1 in its dtype, a bool every third one.
"""

import collections
import json
import pathlib
import zipfile

import torch
from safetensors.torch import save_file

FILES = pathlib.Path(__file__).parents[2] / "tests/formats/fixtures/pt"

DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "complex64",
          "complex128", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
          "float8_e5m2fnuz", "float8_e8m0fnu"]


def counted(*shape, dtype=torch.float32):
    values = torch.arange(max(1, torch.Size(shape).numel()))[:torch.Size(shape).numel()].reshape(shape)
    return values % 3 == 0 if dtype is torch.bool else values.to(dtype)


def net():
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def counted_state(model):
    return collections.OrderedDict((key, counted(*value.shape, dtype=value.dtype))
                                   for key, value in model.state_dict().items())


def with_metadata():
    """state_dict() itself, whose OrderedDict carries `_metadata` beside its entries."""
    state = net().state_dict()
    for key, value in state.items():
        value.copy_(counted(*value.shape, dtype=value.dtype))
    return state


def shared():
    whole = counted(4, 6)
    return {"whole": whole, "tied": whole, "row": whole[2], "turned": whole.t(), "part": whole[1:3, 2:5],
            "steps": whole.view(-1)[1::5], "repeated": counted(3).expand(2, 3), "scalar": torch.tensor(7.0),
            "empty": torch.zeros(0, 5)}


def checkpoint():
    model = net()
    model.load_state_dict(counted_state(model))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    return {"model": counted_state(model), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5,
            "name": "a net", "done": False, "seen": {"train", }, "device": torch.device("cuda", 1),
            "size": torch.Size([2, 3]), "bytes": b"\x00\xff", "none": None}


def save(name, value, **options):
    torch.save(value, FILES / name, **options)


def repack():
    """As other tools write an archive anew: deflated, and with the fields of 64 bits."""
    date = (1980, 1, 1, 0, 0, 0)
    with zipfile.ZipFile(FILES / "state.pt") as source:
        with zipfile.ZipFile(FILES / "deflated.pt", "w") as target:
            for entry in source.infolist():
                target.writestr(zipfile.ZipInfo(entry.filename, date), source.read(entry), zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(FILES / "zip64.pt", "w") as target:
            for entry in source.infolist():
                with target.open(zipfile.ZipInfo(entry.filename, date), "w", force_zip64=True) as member:
                    member.write(source.read(entry))


def main():
    torch.manual_seed(0)
    FILES.mkdir(parents=True, exist_ok=True)
    save("state.pt", with_metadata())
    repack()
    save("state_legacy.pt", with_metadata(), _use_new_zipfile_serialization=False)
    save("protocol3.pt", with_metadata(), pickle_protocol=3)
    save("protocol4.pt", with_metadata(), pickle_protocol=4)
    save("dtypes.pt", {name: counted(2, 2, dtype=getattr(torch, name)) for name in DTYPES} | {
        "bool": counted(2, 2, dtype=torch.bool)})
    save("shared.pt", shared())
    save("shared_legacy.pt", shared(), _use_new_zipfile_serialization=False)
    save("checkpoint.pt", checkpoint())
    save("parameter.pt", collections.OrderedDict(weight=torch.nn.Parameter(counted(2, 3)), buffer=counted(2)))
    save("parallel.pt", torch.nn.DataParallel(net()).state_dict())
    save("tensor.pt", counted(2, 3))
    save("sparse.pt", {"weight": counted(2), "edges": torch.eye(3).to_sparse()})
    save("quantised.pt", {"weight": counted(2), "small": torch.quantize_per_tensor(counted(4), 0.5, 1, torch.qint8)})
    save("meta.pt", {"weight": torch.ones(2, device="meta")})
    save("module.pt", net())
    scripted = torch.jit.script(net())
    scripted.load_state_dict(counted_state(net()))
    scripted.save(str(FILES / "script.pt"))

    first, second = FILES / "model-00001-of-00002.safetensors", FILES / "model-00002-of-00002.safetensors"
    save_file({"a.weight": counted(2, 3), "a.bias": counted(2)}, first)
    save_file({"b.weight": counted(3, 2, dtype=torch.bfloat16)}, second)
    (FILES / "model.safetensors.index.json").write_text(json.dumps({
        "metadata": {"total_size": 44},
        "weight_map": {"a.weight": first.name, "a.bias": first.name, "b.weight": second.name}}, indent=2) + "\n")


main()
