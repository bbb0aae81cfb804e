"""Layers whose weight is computed from other tensors."""

import torch
from torch.nn.utils import parametrizations

from .cases import case, normal


def parametrized(layer, options, kind, kind_options, *inputs, slot="weight", training=True):
    module = getattr(torch.nn, layer)(**options)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(normal(*parameter.shape))
    torch.manual_seed(7)
    getattr(parametrizations, kind)(module, slot, **kind_options)
    with torch.no_grad():
        for parameter in module.parametrizations[slot].parameters():
            parameter.add_(normal(*parameter.shape), alpha=0 if kind == "orthogonal" else 0.1)
    module.train(training)
    made = case(layer, options, list(inputs), lambda xs: module(*xs), state=module, training=training, redraw=False)
    if kind_options.get("dim", 0) is None:
        kind_options = {**kind_options, "dim": -1}
    return {**made, "parametrizations": [{"slot": slot, "kind": kind, "options": kind_options}]}


def cases():
    linear = {"in_features": 3, "out_features": 2}
    conv = {"in_channels": 2, "out_channels": 3, "kernel_size": 2}
    for dim in (0, 1, None):
        yield parametrized("Linear", linear, "weight_norm", {"dim": dim}, normal(2, 3))
    yield parametrized("Conv2d", conv, "weight_norm", {"dim": 2}, normal(1, 2, 3, 3))
    yield parametrized("Linear", linear, "spectral_norm", {}, normal(2, 3))
    yield parametrized("Linear", linear, "spectral_norm", {"n_power_iterations": 3}, normal(2, 3), training=False)
    yield parametrized("Conv2d", conv, "spectral_norm", {"dim": 1, "eps": 1e-6}, normal(1, 2, 3, 3))
    yield parametrized("Linear", linear, "spectral_norm", {}, normal(2, 3), slot="bias")
    square = {"in_features": 3, "out_features": 3}
    yield parametrized("Linear", square, "orthogonal", {}, normal(2, 3))
    yield parametrized("Linear", square, "orthogonal", {"orthogonal_map": "cayley"}, normal(2, 3))
    yield parametrized("Linear", linear, "orthogonal", {}, normal(2, 3))
    yield parametrized("Linear", linear, "orthogonal", {"orthogonal_map": "matrix_exp"}, normal(2, 3))
    yield parametrized("Linear", {"in_features": 2, "out_features": 3}, "orthogonal", {"use_trivialization": False},
                       normal(2, 2))
