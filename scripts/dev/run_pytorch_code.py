"""Runs code that `orrery export --to pytorch` wrote: python run_pytorch_code.py CODE WEIGHTS 2x3x64x64 [tokens].

Loads the saved model's weights into the model's class, where all must have a place (but for a tied tensor's other
name), and prints numbers of what it gives in evaluation
for torch.randn of these sizes (with `tokens`: for torch.randint(0, 100)), drawn with seed 7: 16 of them, evenly spaced.
"""

import importlib.util
import json
import struct
import sys

import torch

DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "BOOL": torch.bool}


def load_weights(path):
    """The tensors of a safetensors file (https://huggingface.co/docs/safetensors)."""
    with open(path, "rb") as file:
        bytes_of = file.read()
    begin = 8 + struct.unpack("<Q", bytes_of[:8])[0]
    header = json.loads(bytes_of[8:begin])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = (begin + offset for offset in entry["data_offsets"])
        dtype = DTYPES[entry["dtype"]]
        tensors[name] = torch.frombuffer(bytearray(bytes_of[first:last]), dtype=dtype).reshape(entry["shape"])
    return tensors


def load_model(path):
    """The last class of the module but `Loss`: the whole model."""
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    modules = [value for value in vars(module).values() if getattr(value, "__module__", "") == "exported"]
    return [made for made in modules if made.__name__ != "Loss"][-1]()


def main(code, weights, sizes, kind=""):
    model = load_model(code).eval()
    found = model.load_state_dict(load_weights(weights), strict=False)
    state = model.state_dict(keep_vars=True)
    known = {id(state[name]) for name in set(state) - set(found.missing_keys)}
    missing = [name for name in found.missing_keys if id(state[name]) not in known]
    assert not missing and not found.unexpected_keys, (missing, found.unexpected_keys)
    shape = [int(size) for size in sizes.split("x")]
    torch.manual_seed(7)
    given = torch.randint(0, 100, shape) if kind == "tokens" else torch.randn(shape)
    with torch.no_grad():
        result = model(given)
    flat = (result[0] if isinstance(result, tuple) else result).flatten()
    last = flat.numel() - 1
    print(*(repr(flat[(2 * i * last + 15) // 30].item()) for i in range(16)))


if __name__ == "__main__":
    main(*sys.argv[1:])
