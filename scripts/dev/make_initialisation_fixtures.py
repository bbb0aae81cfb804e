#!/usr/bin/env python3
"""Writes tests/fixtures/engine/initialisation.{json,safetensors}: first values as PyTorch 2.11 draws them.

    python3 scripts/dev/make_initialisation_fixtures.py

The JSON lists steps, taken in order after torch.manual_seed(SEED): a layer is made, a parameter is filled by a
function of torch.nn.init, a parameter is parametrized. The other file holds every tensor as it is after all of them.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn.utils import parametrizations

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "engine"
SEED = 31


def layer(name, kind, **options):
    return {"layer": name, "kind": kind, "options": options}


def fill(name, slot, kind, **options):
    return {"fill": name, "slot": slot, "kind": kind, "options": options}


def parametrize(name, slot, kind, **options):
    return {"parametrize": name, "slot": slot, "kind": kind, "options": options}


STEPS = [
    layer("attention", "MultiheadAttention", embed_dim=6, num_heads=2),
    layer("two_widths", "MultiheadAttention", embed_dim=4, num_heads=2, kdim=3, vdim=5, add_bias_kv=True),
    layer("unbiased", "MultiheadAttention", embed_dim=4, num_heads=1, bias=False),
    layer("rnn", "RNN", input_size=3, hidden_size=4, nonlinearity="relu"),
    layer("lstm", "LSTM", input_size=3, hidden_size=4, num_layers=2, bidirectional=True, proj_size=2),
    layer("gru", "GRU", input_size=3, hidden_size=4, bias=False),
    layer("cell", "LSTMCell", input_size=3, hidden_size=4),
    layer("gru_cell", "GRUCell", input_size=3, hidden_size=2),
    layer("wide", "Linear", in_features=7, out_features=4),
    layer("tall", "Linear", in_features=4, out_features=9),
    layer("conv", "Conv2d", in_channels=4, out_channels=6, kernel_size=3, groups=2),
    fill("wide", "weight", "xavier_uniform", gain=1.5),
    fill("wide", "bias", "uniform", a=-0.1, b=0.3),
    fill("tall", "weight", "orthogonal", gain=0.7),
    fill("tall", "bias", "trunc_normal", std=0.5, a=-0.3, b=0.4),
    fill("conv", "weight", "kaiming_normal", mode="fan_out", nonlinearity="relu"),
    fill("conv", "bias", "constant", val=0.25),
    layer("a", "Linear", in_features=5, out_features=3),
    fill("a", "weight", "orthogonal"),
    fill("a", "bias", "normal", mean=1.0, std=0.02),
    layer("b", "Conv2d", in_channels=2, out_channels=4, kernel_size=3),
    fill("b", "weight", "kaiming_uniform", a=0.2),
    fill("b", "bias", "ones"),
    layer("c", "Linear", in_features=6, out_features=5),
    fill("c", "weight", "sparse", sparsity=0.35, std=0.1),
    fill("c", "bias", "zeros"),
    layer("d", "Conv2d", in_channels=3, out_channels=4, kernel_size=[3, 2], groups=1),
    fill("d", "weight", "dirac", groups=2),
    layer("e", "Linear", in_features=3, out_features=5),
    fill("e", "weight", "eye"),
    layer("f", "Linear", in_features=3, out_features=5),
    fill("f", "weight", "xavier_normal"),
    layer("weight_norm", "Linear", in_features=3, out_features=5),
    parametrize("weight_norm", "weight", "weight_norm"),
    layer("spectral_norm", "Conv2d", in_channels=2, out_channels=3, kernel_size=2),
    parametrize("spectral_norm", "weight", "spectral_norm"),
    layer("orthogonal", "Linear", in_features=3, out_features=5),
    parametrize("orthogonal", "weight", "orthogonal"),
    layer("square", "Linear", in_features=4, out_features=4),
    parametrize("square", "weight", "orthogonal"),
    layer("reflections", "Linear", in_features=3, out_features=4),
    parametrize("reflections", "weight", "orthogonal", use_trivialization=False),
    layer("last", "Linear", in_features=2, out_features=2),
]


def take(step, modules):
    if "layer" in step:
        modules[step["layer"]] = getattr(torch.nn, step["kind"])(**step["options"])
    elif "fill" in step:
        tensor = modules[step["fill"]].get_parameter(step["slot"])
        getattr(torch.nn.init, step["kind"] + "_")(tensor, **step["options"])
    else:
        getattr(parametrizations, step["kind"])(modules[step["parametrize"]], step["slot"], **step["options"])


if __name__ == "__main__":
    assert torch.__version__.startswith("2.11."), torch.__version__
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    made = {}
    for each in STEPS:
        take(each, made)
    tensors = {f"{name}.{key}": tensor.detach().clone().contiguous()
               for name, module in made.items() for key, tensor in module.state_dict().items()}
    save_file(tensors, FOLDER / "initialisation.safetensors")
    lines = ",\n".join(json.dumps(each) for each in STEPS)
    (FOLDER / "initialisation.json").write_text(f"[\n{lines}\n]\n")
