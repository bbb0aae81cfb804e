#!/usr/bin/env python3
"""Writes tests/engine/training/fixtures/optimizers.json: what torch.optim (2.11) makes of three tensors.

    python3 scripts/dev/make_optimizer_fixtures.py

Each case starts from the same tensors and takes 50 steps with the gradient
`(p - target) * scale * (1 + step % 3)`, which the test computes with the same operations. In float64 the
reference is PyTorch's plain implementation, in float32 its fused one. Kept are the tensors after some steps.
"""

import json
import pathlib

import torch

KEPT = [1, 2, 10, 50]
SHAPES = [(3, 2), (4,), ()]

CASES = [
    ("SGD", [{"lr": 0.05}]),
    ("SGD", [{"lr": 0.05, "momentum": 0.9}]),
    ("SGD", [{"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}]),
    ("SGD", [{"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.02}]),
    ("SGD", [{"lr": 0.01, "momentum": 0.5, "maximize": True}]),
    ("SGD", [{"lr": 0.05, "momentum": 0.9}, {"lr": 0.2, "momentum": 0.0, "weight_decay": 0.1}]),
    ("Adam", [{}]),
    ("Adam", [{"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-6}]),
    ("Adam", [{"lr": 0.01, "weight_decay": 0.05}]),
    ("Adam", [{"lr": 0.05, "amsgrad": True}]),
    ("Adam", [{"lr": 0.01, "maximize": True}]),
    ("AdamW", [{}]),
    ("AdamW", [{"lr": 0.01, "weight_decay": 0.1}]),
    ("AdamW", [{"lr": 0.05, "amsgrad": True}]),
    ("AdamW", [{"lr": 0.01, "maximize": True}]),
    ("AdamW", [{"lr": 0.01}, {"lr": 0.1, "betas": [0.5, 0.9], "weight_decay": 0.0}]),
]


def tensors(seed, dtype):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float32).to(dtype) for shape in SHAPES]


def numbers(tensor):
    return [float(x) for x in tensor.detach().reshape(-1)]


def run(kind, groups, dtype):
    parameters = [p.requires_grad_() for p in tensors(1, dtype)]
    targets, scales = tensors(2, dtype), [t.abs() for t in tensors(3, dtype)]
    chosen = [parameters] if len(groups) == 1 else [parameters[:2], parameters[2:]]
    options = [dict(g, params=p) for g, p in zip(groups, chosen)]
    for group in options:
        if "betas" in group:
            group["betas"] = tuple(group["betas"])
    plain = {"fused": False, "foreach": False}
    how = {"fused": True} if dtype == torch.float32 else plain
    optimizer = getattr(torch.optim, kind)(options, lr=1e-3, **how)
    kept = {}
    for step in range(50):
        for p, target, scale in zip(parameters, targets, scales):
            p.grad = (p.detach() - target) * scale * (1 + step % 3)
        optimizer.step()
        if step + 1 in KEPT:
            kept[str(step + 1)] = [numbers(p) for p in parameters]
    return kept


def main():
    out = {
        "torch": torch.__version__.split("+")[0],
        "shapes": [list(s) for s in SHAPES],
        "start": [numbers(t) for t in tensors(1, torch.float32)],
        "target": [numbers(t) for t in tensors(2, torch.float32)],
        "scale": [numbers(t.abs()) for t in tensors(3, torch.float32)],
        "cases": [
            {
                "kind": kind,
                "groups": groups,
                "dtype": str(dtype).split(".")[1],
                "after": run(kind, groups, dtype),
            }
            for kind, groups in CASES
            for dtype in (torch.float64, torch.float32)
        ],
    }
    path = pathlib.Path(__file__).parents[2] / "tests/engine/training/fixtures/optimizers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(out, separators=(",", ":")).replace('{"kind"', '\n{"kind"')
    path.write_text(text + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
