#!/usr/bin/env python3
"""Writes tests/governors/fixtures/schedules.json: learning rates that torch.optim.lr_scheduler (2.11) gives.

    python3 scripts/dev/make_schedule_fixtures.py

Each case is stepped 100 times over an optimizer with two groups (learning rates 0.1 and 0.5). Kept are the
learning rates of both groups from the beginning on, and the momenta (or first betas) where they are cycled.
Functions are known to the test by their names; ReduceLROnPlateau watches the numbers of `watched`.
"""

import json
import math
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler

STEPS = 100
FUNCTIONS = {
    "root": lambda x: 1 / math.sqrt(1 + x),
    "shrinking": lambda x: 1 - 0.1 / (1 + x),
    "halving": lambda x: 0.5 ** (x / 7),
}
WATCHED = [1 / (1 + i) if i < 15 else 0.05 + 0.001 * (i % 5) for i in range(STEPS)]

PLAIN = [
    ("LambdaLR", {"lr_lambda": "root"}),
    ("LambdaLR", {"lr_lambda": ["root", "halving"]}),
    ("MultiplicativeLR", {"lr_lambda": "shrinking"}),
    ("StepLR", {"step_size": 30}),
    ("StepLR", {"step_size": 7, "gamma": 0.8}),
    ("MultiStepLR", {"milestones": [10, 20, 20, 60], "gamma": 0.5}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 40}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 50}),
    ("ExponentialLR", {"gamma": 0.95}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 80, "power": 2.5}),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingWarmRestarts", {"T_0": 15}),
    ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2, "eta_min": 0.001}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 100}),
    ("OneCycleLR", {"max_lr": [1.0, 2.0], "epochs": 10, "steps_per_epoch": 12, "anneal_strategy": "linear"}),
    (
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 110, "pct_start": 0.4, "three_phase": True, "div_factor": 10.0,
         "final_div_factor": 100.0, "base_momentum": 0.7, "max_momentum": 0.9},
    ),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 100, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 8}),
    ("CyclicLR", {"base_lr": [0.01, 0.1], "max_lr": [0.2, 0.3], "step_size_up": 5, "step_size_down": 15,
                  "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 10, "mode": "exp_range", "gamma": 0.98,
                  "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 10, "scale_fn": "root",
                  "scale_mode": "iterations"}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 3, "cooldown": 4, "min_lr": [0.01, 0.2]}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 5, "threshold": 0.01, "threshold_mode": "abs"}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2, "threshold_mode": "abs", "eps": 0.01}),
]

COMPOUND = [
    ("ChainedScheduler", {}, [("ConstantLR", {"factor": 0.1, "total_iters": 20}), ("ExponentialLR", {"gamma": 0.9})]),
    ("ChainedScheduler", {}, [("LinearLR", {}), ("StepLR", {"step_size": 10}), ("LambdaLR", {"lr_lambda": "root"})]),
    ("SequentialLR", {"milestones": [20]},
     [("LinearLR", {"start_factor": 0.01, "total_iters": 20}), ("CosineAnnealingLR", {"T_max": 80})]),
    ("SequentialLR", {"milestones": [10, 40]},
     [("ConstantLR", {"factor": 0.5, "total_iters": 10}), ("ExponentialLR", {"gamma": 0.97}),
      ("MultiStepLR", {"milestones": [5, 15], "gamma": 0.1})]),
    ("SequentialLR", {"milestones": [5, 30, 60]},
     [("LinearLR", {}), ("CosineAnnealingWarmRestarts", {"T_0": 8}), ("LambdaLR", {"lr_lambda": "halving"}),
      ("PolynomialLR", {"total_iters": 30})]),
]


def callable_options(options):
    made = dict(options)
    for name in ("lr_lambda", "scale_fn"):
        if name in made:
            given = made[name]
            made[name] = [FUNCTIONS[f] for f in given] if isinstance(given, list) else FUNCTIONS[given]
    return made


def make(kind, options, parts, optimizer):
    if kind == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler([make(k, o, [], optimizer) for k, o in parts])
    if kind == "SequentialLR":
        schedulers = [make(k, o, [], optimizer) for k, o in parts]
        return lr_scheduler.SequentialLR(optimizer, schedulers, **options)
    return getattr(lr_scheduler, kind)(optimizer, **callable_options(options))


def rounded(number):
    return float(f"{number:.10g}")


def run(kind, options, parts, optimizer_kind):
    groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in (0.1, 0.5)]
    settings = {"momentum": 0.9} if optimizer_kind == "SGD" else {}
    optimizer = getattr(torch.optim, optimizer_kind)(groups, **settings)
    scheduler = make(kind, options, parts, optimizer)
    rates, momenta = [[], []], []
    for step in range(STEPS + 1):
        for kept, group in zip(rates, optimizer.param_groups):
            kept.append(rounded(group["lr"]))
        group = optimizer.param_groups[0]
        momenta.append(rounded(group["momentum"] if optimizer_kind == "SGD" else group["betas"][0]))
        if step < STEPS:
            scheduler.step(*([WATCHED[step]] if kind == "ReduceLROnPlateau" else []))
    case = {"kind": kind, "optimizer": optimizer_kind, "options": options, "parts": parts, "rates": rates}
    if options.get("cycle_momentum", kind in ("OneCycleLR", "CyclicLR")):
        case["momenta"] = momenta
    return case


def main():
    warnings.filterwarnings("ignore")  # no optimizer is stepped
    cases = [run(kind, options, [], "SGD") for kind, options in PLAIN]
    cases += [run(kind, options, [], "Adam") for kind, options in PLAIN if kind in ("OneCycleLR", "CyclicLR")][::3]
    cases += [run(kind, options, parts, "SGD") for kind, options, parts in COMPOUND]
    out = {"torch": torch.__version__.split("+")[0], "watched": WATCHED, "cases": cases}
    path = pathlib.Path(__file__).parents[2] / "tests/governors/fixtures/schedules.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(out, separators=(",", ":")).replace('{"kind"', '\n{"kind"')
    path.write_text(text + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
