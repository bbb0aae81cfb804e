#!/usr/bin/env python3
"""Writes tests/fixtures/zoo/vision.lua: keys, shapes, counts and outputs of the vision models of orrery.models.

    python3 scripts/dev/make_zoo_fixtures.py        # needs torchvision 0.26 beside PyTorch 2.11

Per model: the number of parameters; for each part of the state dict (the first two names of its keys), in order,
the number of its entries and a hash of their lines `key [shape] dtype`; a few weights as the model initialises
itself after torch.manual_seed(SEED); and a few numbers of the outputs in evaluation, with the weights that
`fill` draws after the seed and an input that is drawn after them.
"""

import math
import pathlib
import warnings

import torch
import torchvision

import zoo_references

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "zoo" / "vision.lua"
SEED = 2026
# The input of the forward pass where it is not this.
USUAL_INPUT = (2, 3, 64, 64)
INPUTS = {
    "inception_v3": (1, 3, 299, 299), "googlenet": (1, 3, 224, 224), "vit_b_16": (1, 3, 224, 224),
    "lenet5": (2, 1, 32, 32), "mlp": (2, 784), "keras_mnist_cnn": (2, 1, 28, 28), "autoencoder": (2, 784),
    "srcnn": (1, 1, 33, 33), "espcn": (1, 1, 17, 17), "ddsrcnn": (1, 3, 32, 32), "dcgan": (2, 100, 1, 1),
    "dcgan_generator": (2, 100, 1, 1),
}
TORCHVISION = """
    alexnet vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn googlenet inception_v3
    resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d wide_resnet50_2
    densenet121 densenet169 densenet201 squeezenet1_0 squeezenet1_1 mobilenet_v2 mobilenet_v3_small
    mobilenet_v3_large shufflenet_v2_x1_0 efficientnet_b0 convnext_tiny vit_b_16
""".split()
# The parts whose outputs training alone returns.
AUXILIARY = {"googlenet": ["aux2", "aux1"], "inception_v3": ["AuxLogits"]}


def made(name):
    if name in zoo_references.MODELS:
        return zoo_references.MODELS[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how googlenet and inception_v3 initialise
        return getattr(torchvision.models, name)(weights=None)


def hashed(text):
    """FNV-1a of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def line(key, tensor):
    return f"{key} [{', '.join(map(str, tensor.shape))}] {str(tensor.dtype).removeprefix('torch.')}\n"


def parts(state):
    found = {}
    for key, tensor in state.items():
        part = ".".join(key.split(".")[:-1][:2])
        found.setdefault(part, []).append(line(key, tensor))
    return [(part, len(lines), hashed("".join(lines))) for part, lines in found.items()]


def fill(state):
    """Weights of He's deviation; scales and variances near 1; biases and means near 0.

    Smaller variances would let each normalisation amplify what the one before left of rounding: with 0.5 PyTorch's
    mobilenet_v3_small differs from itself by 2e-4 between one thread and two, with 1 by 3e-7.
    """
    for key, tensor in state.items():
        if not tensor.is_floating_point():
            continue
        drawn = torch.randn(tensor.shape)
        if tensor.dim() > 1:
            tensor.copy_(drawn * math.sqrt(2 / (tensor.numel() // tensor.shape[0])))
        elif key.endswith("running_var"):
            tensor.copy_(drawn.abs() * 0.1 + 1)
        elif key.endswith("weight"):
            tensor.copy_(drawn * 0.1 + 1)
        else:
            tensor.copy_(drawn * 0.1)


def some(tensor, count):
    flat = tensor.reshape(-1)
    picked = [int(i * (flat.numel() - 1) / (count - 1) + 0.5) for i in range(count)]
    return [float(str(flat[i].numpy())) for i in picked]


def outputs(name, model):
    kept = {}
    for part in AUXILIARY.get(name, []):
        before = {"aux1": "inception4a", "aux2": "inception4d", "AuxLogits": "Mixed_6e"}[part]
        head = getattr(model, part)
        getattr(model, before).register_forward_hook(
            lambda module, given, result, part=part, head=head: kept.update({part: head(result)}))
    result = model.eval()(torch.randn(INPUTS.get(name, USUAL_INPUT)))
    if isinstance(result, tuple):
        return list(result)
    return [result] + [kept[part] for part in AUXILIARY.get(name, [])]


def lua(value):
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {lua(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(map(lua, value)) + " }" if len(value) else "{}"
    return repr(value)


@torch.no_grad()
def described(name):
    torch.manual_seed(SEED)
    model = made(name)
    state = model.state_dict()
    weights = [key for key, tensor in state.items() if tensor.dim() > 1]
    initial = [(key, some(state[key], 3)) for key in dict.fromkeys([weights[0], weights[len(weights) // 2], weights[-1]])]
    count = sum(p.numel() for p in model.parameters())
    listed = parts(state)
    torch.manual_seed(SEED)
    fill(state)
    results = [{"shape": list(y.shape), "values": some(y, 8)} for y in outputs(name, model)]
    rows = ["  {"]
    rows.append(f"    name = {lua(name)}, parameters = {count}, entries = {len(state)},")
    rows.append(f"    input = {lua(list(INPUTS.get(name, USUAL_INPUT)))},")
    rows.append("    parts = {")
    rows += [f"      {lua(part)}," for part in listed]
    rows.append("    },\n    initial = {")
    rows += [f"      {lua(each)}," for each in initial]
    rows.append("    },\n    outputs = {")
    rows += [f"      {lua(each)}," for each in results]
    rows.append("    },\n  },")
    print(f"{name}: {count}")
    return "\n".join(rows)


def main():
    torch.set_num_threads(1)
    texts = [described(name) for name in TORCHVISION + list(zoo_references.MODELS)]
    FILE.parent.mkdir(parents=True, exist_ok=True)
    head = "-- Written by scripts/dev/make_zoo_fixtures.py; do not edit.\nreturn {\n"
    FILE.write_text(head + f"  seed = {SEED},\n" + "\n".join(texts) + "\n}\n")


if __name__ == "__main__":
    main()
