#!/usr/bin/env python3
"""Writes tests/fixtures/engine: what PyTorch 2.11 computes for each operation, and how it initialises layers.

    python3 scripts/dev/make_engine_fixtures.py

operations.json holds, per case: the operation with its options, inputs, a layer's parameters and buffers, the
outputs, the gradients of `sum(output * weights)` for every floating-point input and parameter, and the buffers
afterwards. initial_weights.safetensors holds the parameters of the layers of `LAYERS`, made in that order after
torch.manual_seed(SEED).
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "engine"
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
}

generator = torch.Generator().manual_seed(1)


def normal(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=generator, dtype=dtype)


def positive(*shape):
    return torch.rand(shape, generator=generator) + 0.1


def integers(high, *shape, dtype=torch.int64):
    return torch.randint(0, high, shape, generator=generator).to(dtype)


def numbers(tensor):
    flat = tensor.detach().reshape(-1)
    if flat.dtype == torch.float32:
        return [float(str(x)) for x in flat.numpy()]
    return flat.double().tolist() if flat.is_floating_point() else flat.tolist()


def kept(tensor):
    if tensor is None:
        return None
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."), "values": numbers(tensor)}


def weighted(output):
    return normal(*output.shape).to(output.dtype)


def gradients(output, weights, leaves):
    if not output.requires_grad:
        return [None] * len(leaves)
    found = torch.autograd.grad((output * weights).sum(), leaves, allow_unused=True)
    return [kept(g) for g in found]


def case(operation, options, inputs, compute, state=None, training=False, seed=None):
    """`compute(inputs)` is PyTorch's word for it; `state` a module whose parameters are used."""
    if state is not None:
        with torch.no_grad():
            for parameter in state.parameters():
                parameter.copy_(normal(*parameter.shape).to(parameter.dtype))
    leaves = [x.requires_grad_() for x in inputs if x is not None and x.is_floating_point()]
    before = {name: kept(t) for name, t in state.state_dict().items()} if state is not None else {}
    if seed is not None:
        torch.manual_seed(seed)
    output = compute(inputs)
    weights = weighted(output) if output.is_floating_point() else None
    names = [name for name, _ in state.named_parameters()] if state is not None else []
    tensors = leaves + ([p for _, p in state.named_parameters()] if state is not None else [])
    found = gradients(output, weights, tensors) if weights is not None and tensors else [None] * len(tensors)
    buffers = {name: kept(t) for name, t in state.named_buffers()} if state is not None else {}
    return {
        "operation": operation,
        "options": options,
        "training": training,
        "seed": seed,
        "inputs": [kept(x) for x in inputs],
        "state": before,
        "output": kept(output),
        "weights": kept(weights),
        "input_gradients": found[: len(leaves)],
        "parameter_gradients": dict(zip(names, found[len(leaves):])),
        "buffers": buffers,
    }


def layer(name, options, *inputs, training=True, seed=None):
    module = getattr(torch.nn, name)(**options).train(training)
    plain = {key: value for key, value in options.items()}
    return case(name, plain, list(inputs), lambda xs: module(*xs), state=module, training=training, seed=seed)


def transform(name, options, inputs, compute):
    return case(name, options, list(inputs), lambda xs: compute(*xs))


def layers():
    yield layer("Linear", {"in_features": 4, "out_features": 3}, normal(2, 4))
    yield layer("Linear", {"in_features": 4, "out_features": 3, "bias": False}, normal(2, 3, 4))
    yield layer("Linear", {"in_features": 3, "out_features": 2}, normal(3))
    yield layer("Identity", {}, normal(2, 3))
    yield layer("Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "padding": 1}, normal(2, 2, 4, 5))
    yield layer("Conv2d", {"in_channels": 2, "out_channels": 4, "kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 0],
                           "dilation": [1, 2], "groups": 2, "bias": False}, normal(1, 2, 6, 5))
    yield layer("Conv2d", {"in_channels": 1, "out_channels": 2, "kernel_size": [2, 3], "padding": "same"}, normal(1, 1, 4, 4))
    yield layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "padding": "valid"}, normal(1, 3, 3))
    for training in (True, False):
        yield layer("BatchNorm2d", {"num_features": 2}, normal(3, 2, 2, 2), training=training)
        yield layer("BatchNorm2d", {"num_features": 2, "track_running_stats": False}, normal(3, 2, 2, 2), training=training)
        yield layer("Dropout", {"p": 0.4}, normal(4, 6), training=training, seed=5)
    yield layer("BatchNorm2d", {"num_features": 2, "eps": 0.01, "affine": False}, normal(3, 2, 2, 2))
    yield layer("BatchNorm2d", {"num_features": 2, "momentum": 0.3}, normal(2, 2, 3, 1))
    yield layer("MaxPool2d", {"kernel_size": 2}, normal(2, 2, 4, 5))
    yield layer("MaxPool2d", {"kernel_size": [3, 2], "stride": 1, "padding": 1, "ceil_mode": True}, normal(1, 2, 5, 5))
    yield layer("MaxPool2d", {"kernel_size": 2, "stride": 2, "dilation": 2}, normal(2, 6, 6))
    yield layer("AvgPool2d", {"kernel_size": 2}, normal(2, 2, 4, 5))
    yield layer("AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
                normal(1, 2, 6, 6))
    yield layer("AvgPool2d", {"kernel_size": 2, "divisor_override": 3}, normal(1, 4, 4))
    yield layer("AdaptiveAvgPool2d", {"output_size": [2, 3]}, normal(2, 2, 5, 7))
    yield layer("Flatten", {}, normal(2, 3, 2))
    yield layer("Flatten", {"start_dim": 0, "end_dim": -2}, normal(2, 3, 2))
    for name in ("ReLU", "Tanh", "Sigmoid"):
        yield layer(name, {}, normal(3, 4))
    for name in ("Softmax", "LogSoftmax"):
        yield layer(name, {"dim": 1}, normal(3, 4))
        yield layer(name, {"dim": -3}, normal(2, 3, 2))


def losses():
    for reduction in ("mean", "sum", "none"):
        yield layer("CrossEntropyLoss", {"reduction": reduction}, normal(4, 3), integers(3, 4))
        yield layer("NLLLoss", {"reduction": reduction}, normal(4, 3), integers(3, 4))
        yield layer("MSELoss", {"reduction": reduction}, normal(4, 3), normal(4, 3))
    yield layer("CrossEntropyLoss", {"label_smoothing": 0.2, "ignore_index": 1}, normal(5, 3), integers(3, 5))
    yield layer("CrossEntropyLoss", {}, normal(2, 3, 4), integers(3, 2, 4))
    yield layer("CrossEntropyLoss", {"label_smoothing": 0.1}, normal(4, 3), torch.softmax(normal(4, 3), 1).detach())
    yield layer("CrossEntropyLoss", {}, normal(3), integers(3))
    yield layer("NLLLoss", {"ignore_index": 2}, normal(2, 3, 2, 2), integers(3, 2, 2, 2))


def arithmetic():
    for name in ("add", "sub", "mul", "div", "rsub"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3), positive(3)], compute)
        yield transform(name, {}, [normal(2, 1), positive(1, 3)], compute)
        yield transform(name, {"other": 2.5}, [normal(2, 3), None], lambda x, _, compute=compute: compute(x, 2.5))
        yield transform(name, {"other": 3}, [integers(9, 2, 3), None], lambda x, _, compute=compute: compute(x, 3))
    yield transform("add", {"alpha": 0.5}, [normal(2, 3), normal(2, 3)], lambda a, b: torch.add(a, b, alpha=0.5))
    yield transform("sub", {"alpha": 2}, [integers(9, 2), integers(9, 2)], lambda a, b: torch.sub(a, b, alpha=2))
    yield transform("rsub", {"other": 1.0, "alpha": 2}, [normal(3), None], lambda a, _: torch.rsub(a, 1.0, alpha=2))
    yield transform("mul", {}, [normal(2, 3), integers(5, 3)], torch.mul)
    yield transform("add", {}, [normal(2, 3), normal(dtype=torch.float64)], torch.add)
    for mode in ("trunc", "floor"):
        yield transform("div", {"rounding_mode": mode}, [normal(5), positive(5)],
                        lambda a, b, mode=mode: torch.div(a, b, rounding_mode=mode))
    yield transform("div", {}, [integers(9, 4), integers(5, 4) + 1], torch.div)
    for name in ("neg", "abs", "exp", "relu", "tanh", "sigmoid"):
        yield transform(name, {}, [normal(2, 3)], getattr(torch, name))
    for name in ("reciprocal", "log", "sqrt"):
        yield transform(name, {}, [positive(2, 3)], getattr(torch, name))
    yield transform("exp", {}, [integers(4, 3)], torch.exp)
    yield transform("pow", {"exponent": 2}, [normal(2, 3)], lambda x: torch.pow(x, 2))
    yield transform("pow", {"exponent": 0.5}, [positive(2, 3)], lambda x: torch.pow(x, 0.5))
    yield transform("softmax", {"dim": 0}, [normal(3, 2)], lambda x: torch.softmax(x, 0))
    yield transform("softmax", {"dim": 1, "dtype": "float64"}, [normal(3, 2)], lambda x: torch.softmax(x, 1, dtype=torch.float64))
    yield transform("log_softmax", {"dim": -1}, [normal(3, 2)], lambda x: torch.log_softmax(x, -1))
    for left, right in (((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 1, 2, 3), (4, 3, 2))):
        yield transform("matmul", {}, [normal(*left), normal(*right)], torch.matmul)


def shapes():
    yield transform("reshape", {"shape": [3, -1]}, [normal(2, 3, 2)], lambda x: x.reshape(3, -1))
    yield transform("view", {"shape": [-1]}, [normal(2, 3)], lambda x: x.view(-1))
    yield transform("flatten", {}, [normal(2, 3, 2)], torch.flatten)
    yield transform("flatten", {"start_dim": 1, "end_dim": 2}, [normal(2, 3, 2, 1)], lambda x: torch.flatten(x, 1, 2))
    yield transform("unflatten", {"dim": 1, "sizes": [2, -1]}, [normal(2, 6)], lambda x: torch.unflatten(x, 1, (2, -1)))
    yield transform("permute", {"dims": [2, 0, 1]}, [normal(2, 3, 4)], lambda x: x.permute(2, 0, 1))
    yield transform("transpose", {"dim0": 0, "dim1": -1}, [normal(2, 3, 2)], lambda x: x.transpose(0, -1))
    yield transform("squeeze", {}, [normal(2, 1, 3, 1)], torch.squeeze)
    yield transform("squeeze", {"dim": [1, 0]}, [normal(2, 1, 3, 1)], lambda x: torch.squeeze(x, (1, 0)))
    yield transform("unsqueeze", {"dim": -2}, [normal(2, 3)], lambda x: torch.unsqueeze(x, -2))
    yield transform("cat", {"dim": 1}, [normal(2, 1), normal(2, 3), normal(2, 2)], lambda *xs: torch.cat(xs, 1))
    yield transform("stack", {"dim": -1}, [normal(2, 2), normal(2, 2)], lambda *xs: torch.stack(xs, -1))
    yield transform("detach", {}, [normal(2)], lambda x: x.detach())
    yield transform("to", {"dtype": "float64"}, [normal(3)], lambda x: x.to(torch.float64))
    yield transform("to", {"dtype": "int64"}, [normal(3)], lambda x: x.to(torch.int64))
    yield transform("select", {"dim": 1, "index": -1}, [normal(2, 3)], lambda x: x.select(1, -1))
    yield transform("narrow", {"dim": 0, "start": 1, "length": 2}, [normal(4, 2)], lambda x: x.narrow(0, 1, 2))
    yield transform("slice", {"dim": 1, "start": -4, "end": 4, "step": 2}, [normal(2, 5)], lambda x: x[:, -4:4:2])
    yield transform("slice", {"start": 1}, [normal(3, 2)], lambda x: x[1:])


def reductions():
    for name in ("sum", "mean"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3)], compute)
        yield transform(name, {"dim": [0, -1]}, [normal(2, 3, 2)], lambda x, compute=compute: compute(x, (0, -1)))
        yield transform(name, {"dim": [1], "keepdim": True}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 1, keepdim=True))
        yield transform(name, {"dim": [0], "dtype": "float64"}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 0, dtype=torch.float64))
    yield transform("sum", {}, [integers(9, 3, dtype=torch.uint8)], torch.sum)
    yield transform("argmax", {"dim": 1}, [normal(3, 4)], lambda x: torch.argmax(x, 1))
    yield transform("argmax", {"dim": 0, "keepdim": True}, [normal(3, 4)], lambda x: torch.argmax(x, 0, keepdim=True))
    yield transform("argmax", {}, [normal(3, 4)], torch.argmax)


def write_operations():
    families = (layers(), losses(), arithmetic(), shapes(), reductions())
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for family in families for one in family)
    (FOLDER / "operations.json").write_text(f"[\n{lines}\n]\n")


def write_initial_weights():
    torch.manual_seed(SEED)
    weights = {}
    for name, make in LAYERS.items():
        module = make()
        weights |= {f"{name}.{key}": tensor.detach().clone() for key, tensor in module.state_dict().items()}
    save_file(weights, FOLDER / "initial_weights.safetensors")


if __name__ == "__main__":
    assert torch.__version__.startswith("2.11."), torch.__version__
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write_operations()
    write_initial_weights()
