#!/usr/bin/env python3
"""Writes tests/fixtures/engine: what PyTorch 2.11 computes for each operation, and how it initialises layers.

    python3 scripts/dev/make_engine_fixtures.py [FAMILY…]

operations/FAMILY.json holds the cases of engine_fixtures/FAMILY.py. A case is an operation with its options, inputs, a
layer's parameters and buffers, the outputs, the gradients of `sum(output * weights)` over all outputs (its absolute
value for complex ones) for every differentiable input and parameter, and the buffers afterwards.
initial_weights.safetensors holds the parameters of the layers of `LAYERS`, made in that order after
torch.manual_seed(SEED).
"""

import importlib
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from engine_fixtures import cases

HERE = pathlib.Path(__file__).resolve()
FOLDER = HERE.parents[2] / "tests" / "fixtures" / "engine"
SEED = 2026
LAYERS = {
    "linear": lambda: torch.nn.Linear(7, 5),
    "conv2d": lambda: torch.nn.Conv2d(3, 4, (3, 2)),
    "batch_norm2d": lambda: torch.nn.BatchNorm2d(4),
    "grouped": lambda: torch.nn.Conv2d(4, 6, 3, groups=2, bias=False),
    "wide": lambda: torch.nn.Linear(64, 33),
    "one": lambda: torch.nn.Linear(1, 1),
    "double": lambda: torch.nn.Linear(5, 3, dtype=torch.float64),
    "half": lambda: torch.nn.Linear(5, 3, dtype=torch.bfloat16),
    "unbiased": lambda: torch.nn.Linear(9, 2, bias=False),
    "last": lambda: torch.nn.Conv2d(1, 16, 3, padding=1),
    "conv1d": lambda: torch.nn.Conv1d(2, 3, 3),
    "conv3d": lambda: torch.nn.Conv3d(2, 3, 3),
    "conv_transpose2d": lambda: torch.nn.ConvTranspose2d(4, 6, 3, groups=2),
    "embedding": lambda: torch.nn.Embedding(5, 3, padding_idx=1),
    "bag": lambda: torch.nn.EmbeddingBag(4, 2),
    "bilinear": lambda: torch.nn.Bilinear(3, 2, 4),
    "adaptive": lambda: torch.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [4, 8], div_value=2.0, head_bias=True),
}


def write_operations(family):
    cases.start(family)
    found = importlib.import_module(f"engine_fixtures.{family}").cases()
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in found)
    (FOLDER / "operations" / f"{family}.json").write_text(f"[\n{lines}\n]\n")


def write_initial_weights():
    torch.manual_seed(SEED)
    weights = {}
    for name, make in LAYERS.items():
        module = make()
        weights |= {f"{name}.{key}": tensor.detach().clone() for key, tensor in module.state_dict().items()}
    save_file(weights, FOLDER / "initial_weights.safetensors")


def families():
    names = (path.stem for path in (HERE.parent / "engine_fixtures").glob("*.py"))
    return sorted(name for name in names if name not in ("__init__", "cases"))


if __name__ == "__main__":
    assert torch.__version__.startswith("2.11."), torch.__version__
    (FOLDER / "operations").mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for family in sys.argv[1:] or families():
        write_operations(family)
    write_initial_weights()
