#!/usr/bin/env python3
"""Writes tests/engine/training/fixtures/training.json: clipped and noisy gradients and averaged weights of PyTorch 2.11.

    python3 scripts/dev/make_training_fixtures.py

Clipping: torch.nn.utils.clip_grad_norm_ and clip_grad_value_ on the same gradients. Noise:
torch.randn from one generator times Neelakantan et al.'s deviation (arXiv:1511.06807, equation 1). Averages:
torch.optim.swa_utils.AveragedModel with use_buffers over the values that a weight and a buffer had.
"""

import json
import math
import pathlib

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

SHAPES = [(3, 2), (4,), ()]


def numbers(tensor):
    return [float(x) for x in tensor.detach().reshape(-1)]


def clipped(algorithm, value):
    generator = torch.Generator().manual_seed(1)
    parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in SHAPES]
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    given = [numbers(p.grad) for p in parameters]
    (clip_grad_norm_ if algorithm == "norm" else clip_grad_value_)(parameters, value)
    after = [numbers(p.grad) for p in parameters]
    return {"algorithm": algorithm, "value": value, "given": given, "clipped": after}


def with_noise(eta, gamma):
    gradients = torch.Generator().manual_seed(3)
    generator = torch.Generator().manual_seed(4)
    given, after = [], []
    for t in range(3):
        drawn = [torch.randn(shape, generator=gradients) for shape in SHAPES]
        deviation = math.sqrt(eta / (1 + t) ** gamma)
        given.append([numbers(g) for g in drawn])
        after.append([numbers(g + deviation * torch.randn(g.shape, generator=generator)) for g in drawn])
    return {"eta": eta, "gamma": gamma, "seed": 4, "given": given, "noisy": after}


def averaged(kind, decay):
    generator = torch.Generator().manual_seed(2)
    model = torch.nn.BatchNorm1d(3)
    # PyTorch refuses to average whole numbers so; here they are copied.
    del model.num_batches_tracked
    rule = get_ema_multi_avg_fn(decay) if kind == "ema" else get_swa_multi_avg_fn()
    average = AveragedModel(model, multi_avg_fn=rule, use_buffers=True)
    given, after = [], []
    for _ in range(6):
        with torch.no_grad():
            model.weight.copy_(torch.randn(3, generator=generator))
            model.running_mean.copy_(torch.randn(3, generator=generator))
        average.update_parameters(model)
        given.append([numbers(model.weight), numbers(model.running_mean)])
        after.append([numbers(average.module.weight), numbers(average.module.running_mean)])
    return {"kind": kind, "decay": decay, "given": given, "averages": after}


def main():
    fixtures = {
        "torch": torch.__version__.split("+")[0],
        "shapes": SHAPES,
        "clipping": [clipped("norm", 0.5), clipped("norm", 100.0), clipped("value", 0.4)],
        "noise": [with_noise(0.01, 0.55), with_noise(1.0, 0.0)],
        "averages": [averaged("ema", 0.9), averaged("ema", 0.0), averaged("swa", 0.0)],
    }
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / "tests/engine/training/fixtures/training.json"
    path.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
