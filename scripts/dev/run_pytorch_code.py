"""Runs code that `orrery export --to pytorch` wrote: python run_pytorch_code.py CODE WEIGHTS 2x3x64x64 [GRADIENTS].

Loads the saved model's weights into the model's class, where all must have a place (but for a tied tensor's other
name), and prints numbers of what it gives in evaluation
for torch.randn of these sizes, drawn with seed 7: 16 of them, evenly spaced. GRADIENTS is a file of tensors named as the
weights: what Orrery has in float64 for the mean of the squared results in training, its input and dropout drawn with
seed 7, too. Of these the largest difference is printed, as a share of the largest gradient of its weight, or of a
hundredth of the model's.
"""

import copy
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
    """The last `nn.Module` of the code but `Loss`: the whole model."""
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == "exported"]
    modules = [made for made in own if isinstance(made, type) and issubclass(made, torch.nn.Module)]
    return [made for made in modules if made.__name__ != "Loss"][-1]()


def first_of(result):
    return result[0] if isinstance(result, tuple) else result


def gradients_of(model, shape):
    """Of a training step's parameters, in float64, where nets of any depth tell ten digits."""
    model = copy.deepcopy(model).train().double()
    torch.manual_seed(7)
    first_of(model(torch.randn(shape).double())).square().mean().backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


def largest_difference(got, wanted):
    """Between gradients by name, of which `wanted` has all."""
    assert set(got) <= set(wanted), sorted(set(got) - set(wanted))
    least = max(gradient.abs().max().item() for gradient in wanted.values()) / 100
    shares = []
    for name, gradient in got.items():
        largest = max(wanted[name].abs().max().item(), least) or 1.0
        shares.append((gradient - wanted[name]).abs().max().item() / largest)
    return max(shares)


def main(code, weights, sizes, gradients=""):
    model = load_model(code).eval()
    found = model.load_state_dict(load_weights(weights), strict=False)
    state = model.state_dict(keep_vars=True)
    known = {id(state[name]) for name in set(state) - set(found.missing_keys)}
    missing = [name for name in found.missing_keys if id(state[name]) not in known]
    assert not missing and not found.unexpected_keys, (missing, found.unexpected_keys)
    shape = [int(size) for size in sizes.split("x")]
    torch.manual_seed(7)
    given = torch.randn(shape)
    with torch.no_grad():
        flat = first_of(model(given)).flatten()
    last = flat.numel() - 1
    print(*(repr(flat[(2 * i * last + 15) // 30].item()) for i in range(16)))
    if gradients:
        print(repr(largest_difference(gradients_of(model, shape), load_weights(gradients))))


if __name__ == "__main__":
    main(*sys.argv[1:])
