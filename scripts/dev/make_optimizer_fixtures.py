#!/usr/bin/env python3
"""Writes tests/engine/training/fixtures/optimizers.json: what torch.optim (2.11) makes of three tensors.

    python3 scripts/dev/make_optimizer_fixtures.py

Each case starts from the same tensors and takes 50 steps with the gradient
`(p - target) * scale * (1 + step % 3)`, which the test computes with the same operations; LBFGS minimises the
sum of `(p - target)^2 * scale / 2 + (p - target)^4 / 4` in place of that. In float64 the reference is PyTorch's
plain implementation, in float32 its fused one, or the one on lists. Kept are the tensors after some steps, and
in float64 the state after the last.
"""

import json
import pathlib

import torch

KEPT = [1, 2, 10, 50]
SHAPES = [(3, 2), (4,), ()]
MATRICES = [(3, 2), (2, 5)]
FUSED = ["SGD", "Adam", "AdamW", "Adagrad"]

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
    ("Adamax", [{}]),
    ("Adamax", [{"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}]),
    ("Adamax", [{"lr": 0.01, "maximize": True}]),
    ("NAdam", [{}]),
    ("NAdam", [{"lr": 0.02, "weight_decay": 0.1, "momentum_decay": 0.05}]),
    ("NAdam", [{"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}]),
    ("NAdam", [{"lr": 0.01, "maximize": True}]),
    ("RAdam", [{}]),
    ("RAdam", [{"lr": 0.02, "betas": [0.8, 0.95], "weight_decay": 0.1}]),
    ("RAdam", [{"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}]),
    ("RAdam", [{"lr": 0.01, "maximize": True}]),
    ("Adagrad", [{}]),
    ("Adagrad", [{"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.05, "initial_accumulator_value": 0.5}]),
    ("Adagrad", [{"lr": 0.05, "eps": 1e-3, "maximize": True}]),
    ("Adadelta", [{}]),
    ("Adadelta", [{"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.05}]),
    ("Adadelta", [{"lr": 0.5, "maximize": True}]),
    ("Adafactor", [{}]),
    ("Adafactor", [{"lr": 0.1, "beta2_decay": -0.5, "eps": [1e-8, 0.01], "d": 2.0, "weight_decay": 0.05}]),
    ("Adafactor", [{"lr": 0.05, "maximize": True}]),
    ("RMSprop", [{}]),
    ("RMSprop", [{"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.05, "momentum": 0.8}]),
    ("RMSprop", [{"lr": 0.02, "centered": True}]),
    ("RMSprop", [{"lr": 0.02, "centered": True, "momentum": 0.5, "maximize": True}]),
    ("Rprop", [{}]),
    ("Rprop", [{"lr": 0.1, "etas": [0.4, 1.5], "step_sizes": [1e-3, 0.3]}]),
    ("Rprop", [{"maximize": True}]),
    ("ASGD", [{}]),
    ("ASGD", [{"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 10, "weight_decay": 0.05}]),
    ("ASGD", [{"lr": 0.01, "t0": 5, "maximize": True}]),
    ("Muon", [{}]),
    ("Muon", [{"lr": 0.02, "weight_decay": 0.01, "momentum": 0.8, "nesterov": False, "ns_steps": 3}]),
    ("Muon", [{"lr": 0.02, "adjust_lr_fn": "match_rms_adamw"}]),
    ("LBFGS", [{"max_iter": 2}]),
    ("LBFGS", [{"lr": 0.1, "max_iter": 4, "history_size": 2}]),
    ("LBFGS", [{"max_iter": 2, "line_search_fn": "strong_wolfe"}]),
    ("LBFGS", [{"lr": 8.0, "max_iter": 3, "max_eval": 5, "line_search_fn": "strong_wolfe"}]),
]


def tensors(seed, dtype, shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float32).to(dtype) for shape in shapes]


def numbers(tensor):
    return [float(x) for x in tensor.detach().reshape(-1)]


def implementation(kind, dtype):
    if kind in ("LBFGS", "Muon"):
        return {}
    if dtype == torch.float64:
        return {"foreach": False}
    return {"fused": True} if kind in FUSED else {"foreach": True}


def named(group):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in group.items()}


# Some options (initial_accumulator_value, max_iter with its max_eval) count only where the optimizer is made.
def made(kind, given, parameters, dtype):
    cls = getattr(torch.optim, kind)
    if len(given) == 1:
        return cls(parameters, **named(given[0]), **implementation(kind, dtype))
    groups = [dict(named(group), params=own) for group, own in zip(given, [parameters[:2], parameters[2:]])]
    return cls(groups, **implementation(kind, dtype))


def state_of(optimizer, parameters):
    state = {}
    for i, p in enumerate(parameters):
        for name, value in optimizer.state[p].items():
            state[f"p{i}.{name}"] = numbers(value) if torch.is_tensor(value) else [value]
    return state


def quartic(parameters, targets, scales):
    distances = [p - target for p, target in zip(parameters, targets)]
    return sum((d**2 * s / 2 + d**4 / 4).sum() for d, s in zip(distances, scales))


def run(kind, groups, dtype):
    shapes = MATRICES if kind == "Muon" else SHAPES
    parameters = [p.requires_grad_() for p in tensors(1, dtype, shapes)]
    targets, scales = tensors(2, dtype, shapes), [t.abs() for t in tensors(3, dtype, shapes)]
    optimizer = made(kind, groups, parameters, dtype)

    def closure():
        optimizer.zero_grad()
        loss = quartic(parameters, targets, scales)
        loss.backward()
        return loss

    kept = {}
    for step in range(50):
        if kind != "LBFGS":
            for p, target, scale in zip(parameters, targets, scales):
                p.grad = (p.detach() - target) * scale * (1 + step % 3)
        optimizer.step(*([closure] if kind == "LBFGS" else []))
        if step + 1 in KEPT:
            kept[str(step + 1)] = [numbers(p) for p in parameters]
    state = state_of(optimizer, parameters) if dtype == torch.float64 and kind != "LBFGS" else {}
    return {"after": kept, "state": state}


def cases():
    for kind, groups in CASES:
        for dtype in (torch.float64, torch.float32):
            if kind == "LBFGS" and dtype == torch.float32:
                continue  # its line search turns rounding into other steps
            about = {"kind": kind, "groups": groups, "dtype": str(dtype).split(".")[1]}
            yield about | run(kind, groups, dtype)


def tensors_of(shapes):
    return {
        "shapes": [list(s) for s in shapes],
        "start": [numbers(t) for t in tensors(1, torch.float32, shapes)],
        "target": [numbers(t) for t in tensors(2, torch.float32, shapes)],
        "scale": [numbers(t.abs()) for t in tensors(3, torch.float32, shapes)],
    }


def main():
    out = {
        "torch": torch.__version__.split("+")[0],
        "any": tensors_of(SHAPES),
        "matrices": tensors_of(MATRICES),
        "cases": list(cases()),
    }
    path = pathlib.Path(__file__).parents[2] / "tests/engine/training/fixtures/optimizers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(out, separators=(",", ":")).replace('{"kind"', '\n{"kind"')
    path.write_text(text + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
