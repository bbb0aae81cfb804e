#!/usr/bin/env python3
"""Writes tests/fixtures/tensor_text.lua: tensors and how PyTorch 2.11 prints them.

    python3 scripts/dev/make_tensor_fixtures.py

Each case is the tensor as Lua makes it, the same tensor as Python makes it, and Python's `str` of it.
"""

import pathlib

import torch

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "tensor_text.lua"
INF, NAN = float("inf"), float("nan")

# In Lua `o` is the module orrery.
CASES = [
    ("o.tensor(1)", lambda: torch.tensor(1.0)),
    ("o.tensor(0.5)", lambda: torch.tensor(0.5)),
    ("o.tensor(-1e-7)", lambda: torch.tensor(-1e-7)),
    ("o.tensor(123456789)", lambda: torch.tensor(123456789.0)),
    ("o.tensor { 1, 2, 3 }", lambda: torch.tensor([1.0, 2, 3])),
    ("o.tensor { 1.5, -2.25, 1000 }", lambda: torch.tensor([1.5, -2.25, 1000])),
    ("o.tensor { 0.001, 20000 }", lambda: torch.tensor([0.001, 20000])),
    ("o.tensor { 1e10, 1 }", lambda: torch.tensor([1e10, 1])),
    ("o.tensor { 1 / 0, -1 / 0, 0 / 0, 1 }", lambda: torch.tensor([INF, -INF, NAN, 1])),
    ("o.tensor { 1 / 0, 1.25 }", lambda: torch.tensor([INF, 1.25])),
    ("o.tensor { 0 / 0 }", lambda: torch.tensor([NAN])),
    ("o.tensor { 0.00005, 0.5 }", lambda: torch.tensor([0.00005, 0.5])),
    ("o.tensor { -0.0, 0 }", lambda: torch.tensor([-0.0, 0])),
    ("o.tensor({ { 1, 2 }, { 3, 4 } }, { dtype = 'int64' })", lambda: torch.tensor([[1, 2], [3, 4]])),
    ("o.tensor({ -5, 10000 }, { dtype = 'int32' })", lambda: torch.tensor([-5, 10000], dtype=torch.int32)),
    ("o.tensor({ 0, 255 }, { dtype = 'uint8' })", lambda: torch.tensor([0, 255], dtype=torch.uint8)),
    ("o.tensor { { true, false }, { false, false } }", lambda: torch.tensor([[True, False], [False, False]])),
    ("o.tensor({ 1.5, 2.5 }, { dtype = 'float64' })", lambda: torch.tensor([1.5, 2.5], dtype=torch.float64)),
    ("o.tensor({ 1.5, 1e-3 }, { dtype = 'float16' })", lambda: torch.tensor([1.5, 1e-3], dtype=torch.float16)),
    ("o.tensor({ 1.5, 3 }, { dtype = 'bfloat16' })", lambda: torch.tensor([1.5, 3], dtype=torch.bfloat16)),
    ("o.tensor({ 1, 2 }, { requires_grad = true })", lambda: torch.tensor([1.0, 2], requires_grad=True)),
    ("o.tensor({ 1, 2 }, { requires_grad = true }) * 2", lambda: torch.tensor([1.0, 2], requires_grad=True) * 2),
    ("o.ones(12, { dtype = 'float64', requires_grad = true }) / 3",
     lambda: torch.ones(12, dtype=torch.float64, requires_grad=True) / 3),
    ("o.zeros(0)", lambda: torch.zeros(0)),
    ("o.zeros(2, 0)", lambda: torch.zeros(2, 0)),
    ("o.zeros(0, { dtype = 'int64' })", lambda: torch.zeros(0, dtype=torch.int64)),
    ("o.zeros(2, 0, { dtype = 'int64' })", lambda: torch.zeros(2, 0, dtype=torch.int64)),
    ("o.zeros(1, 1, 1)", lambda: torch.zeros(1, 1, 1)),
    ("o.arange(24):view(2, 3, 4)", lambda: torch.arange(24).view(2, 3, 4)),
    ("o.arange(16):view(2, 2, 2, 2):float() / 8", lambda: torch.arange(16).view(2, 2, 2, 2).float() / 8),
    ("o.arange(40) * 1000", lambda: torch.arange(40) * 1000),
    ("o.arange(60):float() / 7", lambda: torch.arange(60).float() / 7),
    ("o.arange(1000)", lambda: torch.arange(1000)),
    ("o.arange(1001)", lambda: torch.arange(1001)),
    ("o.arange(3000):view(3, 1000):float() / 3", lambda: torch.arange(3000).view(3, 1000).float() / 3),
    ("o.arange(4096):view(16, 16, 16)", lambda: torch.arange(4096).view(16, 16, 16)),
    ("o.arange(2000):view(1000, 2):double() - 0.5", lambda: torch.arange(2000).view(1000, 2).double() - 0.5),
    ("o.zeros(500, 3)", lambda: torch.zeros(500, 3)),
    ("o.arange(1, 31):float():reciprocal():view(3, 10)", lambda: torch.arange(1, 31).float().reciprocal().view(3, 10)),
    ("o.aten.complex(o.tensor { 1, 2 }, o.tensor { 1, -2 })", lambda: torch.tensor([1 + 1j, 2 - 2j])),
    ("o.aten.complex(o.tensor { 1.5, -2 }, o.tensor { 0.25, -1e-3 })",
     lambda: torch.tensor([1.5 + 0.25j, -2 - 1e-3j])),
    ("o.aten.complex(o.tensor(3), o.tensor(4))", lambda: torch.tensor(3 + 4j)),
    ("o.aten.complex(o.tensor({ { 1, 3 }, { 0, -1 } }, { dtype = 'float64' }), o.tensor({ { 2, -4 }, { 0.5, 0 } }, { dtype = 'float64' }))",
     lambda: torch.tensor([[1 + 2j, 3 - 4j], [0.5j, -1 + 0j]], dtype=torch.complex128)),
    ("o.aten.complex(o.zeros(1200), o.arange(1200):float())",
     lambda: torch.arange(1200).to(torch.complex64) * 1j),
]


def main():
    lines = ["-- Written by scripts/dev/make_tensor_fixtures.py; do not edit.", "return {"]
    for lua, tensor in CASES:
        text = str(tensor())
        assert "]==]" not in text
        lines.append(f"  {{ tensor = [==[{lua}]==], text = [==[\n{text}]==] }},")
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text("\n".join(lines) + "\n}\n")


main()
