#!/usr/bin/env python3
"""Writes tests/fixtures/examples/fashion.lua: what PyTorch's twin of examples/02_fashion.lua begins with.

    python3 scripts/dev/make_example_fixtures.py

Names, shapes, the first and last values, and the sum of all in float64, of each parameter in its order.
"""

import pathlib

import torch
from torch import nn

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "examples" / "fashion.lua"
SEED = 0


def twin():
    torch.manual_seed(SEED)
    net = nn.Module()
    net.features = nn.Module()
    net.features.conv2d = nn.Conv2d(1, 32, 3, padding=1)
    net.features.conv2d_2 = nn.Conv2d(32, 64, 3, padding=1)
    net.classifier = nn.Module()
    net.classifier.linear = nn.Linear(64 * 7 * 7, 128)
    net.classifier.linear_2 = nn.Linear(128, 10)
    return net


def row(name, parameter):
    flat = parameter.detach().flatten()
    shape = ", ".join(str(size) for size in parameter.shape)
    return (f'  {{ key = "{name}", shape = {{ {shape} }}, first = {flat[0].item()!r}, last = {flat[-1].item()!r}, '
            f'sum = {flat.double().sum().item()!r} }},')


def main():
    rows = [row(name, parameter) for name, parameter in twin().named_parameters()]
    head = "-- Written by scripts/dev/make_example_fixtures.py; do not edit.\n"
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(head + "return {\n" + "\n".join(rows) + "\n}\n")


main()
