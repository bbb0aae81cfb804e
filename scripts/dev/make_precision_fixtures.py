#!/usr/bin/env python3
"""Writes precision.json and true_precision.json in tests/engine/training/fixtures: runs of PyTorch 2.11 on the CPU
in mixed precision, and with model and data in one dtype.

    python3 scripts/dev/make_precision_fixtures.py

The net and the data are SmallRun's of tests/engine/training/experiment.h (seed 1, 48 samples), wrapped by
torch.autocast, and for 16-mixed by torch.amp.GradScaler, as Lightning's MixedPrecision does it: the loss is
divided by the number of accumulated batches and scaled; gradients are unscaled before they are clipped.
64-true, bf16-true and 16-true are module.to(dtype) and data in that dtype, as Lightning's DoublePrecision and
HalfPrecision do it.
"""

import json
import pathlib

import torch

EPOCHS, SAMPLES, BATCH = 4, 48, 8
DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
TRUE_DTYPES = {"64-true": torch.float64, "bf16-true": torch.bfloat16, "16-true": torch.float16}


def separable():
    at_angle = torch.arange(SAMPLES, dtype=torch.float32) * 2.399963
    labels = torch.arange(SAMPLES) % 2
    points = torch.stack([at_angle.cos(), at_angle.sin()], 1) * 0.5
    return points + (labels.float() * 4 - 2).unsqueeze(1), labels


def trained(precision, accumulate, clip, stretch):
    torch.manual_seed(1)
    dtype = TRUE_DTYPES.get(precision, torch.float32)
    first, second = torch.nn.Linear(2, 8).to(dtype), torch.nn.Linear(8, 2).to(dtype)
    parameters = [*first.parameters(), *second.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=0.01, fused=True)
    scaler = torch.amp.GradScaler("cpu", enabled=precision == "16-mixed")
    points, labels = separable()
    points = (points * stretch).to(dtype)
    losses, scales = [], []
    batches = list(zip(points.split(BATCH), labels.split(BATCH)))
    for _ in range(EPOCHS):
        total = 0.0
        for at, (x, y) in enumerate(batches):
            with torch.autocast("cpu", DTYPES.get(precision), enabled=precision in DTYPES):
                loss = torch.nn.functional.cross_entropy(second(first(x).relu()), y)
            total += float(loss.detach().double())
            scaler.scale(loss / accumulate if accumulate > 1 else loss).backward()
            if (at + 1) % accumulate and at + 1 < len(batches):
                continue
            scaler.unscale_(optimizer)
            if clip:
                torch.nn.utils.clip_grad_norm_(parameters, clip)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
        losses.append(total / len(batches))
        scales.append(scaler.get_scale())
    return {
        "precision": precision, "accumulate": accumulate, "clip": clip, "stretch": stretch,
        "losses": losses, "scales": scales if precision == "16-mixed" else [],
        "weights": [p.detach().double().reshape(-1).tolist() for p in parameters],
    }


def write(name, fixtures):
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / f"tests/engine/training/fixtures/{name}.json"
    path.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")


def main():
    torch.set_num_threads(1)
    runs = [trained(precision, accumulate, clip, stretch)
            for precision in ("32-true", "bf16-mixed", "16-mixed")
            for accumulate, clip, stretch in ((1, 0, 1), (4, 0.25, 1), (1, 0, 64))]
    true_runs = [trained(precision, accumulate, 0, 1) for precision in TRUE_DTYPES for accumulate in (1, 4)]
    version = torch.__version__.split("+")[0]
    write("precision", {"torch": version, "runs": runs})
    write("true_precision", {"torch": version, "points": separable()[0].double().tolist(), "runs": true_runs})


if __name__ == "__main__":
    main()
