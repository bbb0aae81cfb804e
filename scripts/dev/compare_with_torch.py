#!/usr/bin/env python3
"""Compares the module classes of torch.nn 2.11 with Orrery's, and lists what one has and the other has not.

    python3 scripts/dev/compare_with_torch.py [build/orrery]

Every class of torch.nn is a layer (an operation's descriptor), a block of the standard library, or in REASONS below.
Exit code 1 when one is none of these, or a reason speaks of a class that is there.
"""

import inspect
import json
import pathlib
import subprocess
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
REASONS = {
    "Container": "deprecated in PyTorch",
    "CrossMapLRN2d": "kept by PyTorch for old models: LocalResponseNorm computes it",
    "NLLLoss2d": "deprecated in PyTorch: NLLLoss takes images",
    "ModuleDict": "a Lua table holds layers and blocks by name",
    "ParameterDict": "a Lua table of g:parameter values",
    "ParameterList": "a Lua list of g:parameter values",
    "DataParallel": "one process drives one device; several devices come with distributed training",
    "TripletMarginWithDistanceLoss": "takes a function; (near - far):add(margin):relu():mean() says the same",
    "RNNBase": "the base of RNN, LSTM and GRU",
    "RNNCellBase": "the base of the cells",
}


def torch_classes():
    classes = ((name, getattr(torch.nn, name)) for name in dir(torch.nn))
    return {name for name, found in classes if inspect.isclass(found) and issubclass(found, torch.nn.Module)}


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def layers(program):
    operations = (json.loads(line) for line in run(program, "ops", "--json").splitlines())
    return {one["name"] for one in operations if one.get("kind") == "layer"}


def in_library(program, names):
    """Those of the names that orrery.nn finds in Lua: blocks and lazy layers."""
    script = ROOT / "build" / "names_of_nn.lua"
    script.write_text(
        'local nn = require("orrery").nn\n'
        "for _, name in ipairs(arg) do if pcall(function() return nn[name] end) then print(name) end end\n")
    return set(run(program, "run", str(script), *names).split())


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "orrery")
    wanted, own = torch_classes(), layers(program)
    found = in_library(program, sorted(wanted - own))
    missing = wanted - own - found
    for name in sorted(missing):
        print(f"{name}: {REASONS.get(name, 'MISSING')}")
    stale = sorted(set(REASONS) - missing)
    for name in stale:
        print(f"{name}: a reason is given for what is there")
    print(f"{len(wanted)} classes of torch.nn {torch.__version__}: {len(wanted & own)} layers, {len(found)} in the "
          f"library, {len(missing)} left out; {len(own - wanted)} layers of Orrery's own: {', '.join(sorted(own - wanted))}")
    return 1 if stale or missing - set(REASONS) else 0


if __name__ == "__main__":
    sys.exit(main())
