#!/usr/bin/env python3
"""Compares the module classes of torch.nn 2.11 and the functions of torch.nn.functional with Orrery's, and lists
what one has and the other has not.

    python3 scripts/dev/compare_with_torch.py [build/orrery]

Every class of torch.nn is a layer (an operation's descriptor), a block of the standard library, or in REASONS below;
every function of torch.nn.functional is one of orrery.nn.functional, or in REASONS_OF_FUNCTIONS. Exit code 1 when one
is none of these, or a reason speaks of one that is there.
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
    "TripletMarginWithDistanceLoss": "takes a function: nn.functional.triplet_margin_with_distance_loss",
    "RNNBase": "the base of RNN, LSTM and GRU",
    "RNNCellBase": "the base of the cells",
}
INDICES = "the option return_indices gives them as a second result"
REASONS_OF_FUNCTIONS = {
    **{f"{kind}max_pool{dims}d_with_indices": INDICES
       for kind, all_dims in (("", "123"), ("adaptive_", "123"), ("fractional_", "23")) for dims in all_dims},
    "assert_int_or_pair": "a helper of PyTorch's own Python code",
    "multi_head_attention_forward": "nn.MultiheadAttention does it; scaled_dot_product_attention is its core",
    "native_channel_shuffle": "channel_shuffle computes it",
    "grouped_mm": "LibTorch's orrery.aten._grouped_mm",
    "scaled_mm": "of float8 and narrower numbers, which Orrery has not",
    "scaled_grouped_mm": "of float8 and narrower numbers, which Orrery has not",
}


def torch_functions():
    all_names = ((name, getattr(torch.nn.functional, name)) for name in dir(torch.nn.functional))
    places = ("torch", "torch.nn.functional", "torch._C._nn")
    return {name for name, found in all_names
            if inspect.isroutine(found) and not name.startswith("_") and found.__module__ in places}


def torch_classes():
    classes = ((name, getattr(torch.nn, name)) for name in dir(torch.nn))
    return {name for name, found in classes if inspect.isclass(found) and issubclass(found, torch.nn.Module)}


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def layers(program):
    operations = (json.loads(line) for line in run(program, "ops", "--json").splitlines())
    return {one["name"] for one in operations if one.get("kind") == "layer"}


def in_library(program, names, table="nn"):
    """Those of the names that a table of Orrery's finds in Lua: in nn blocks and lazy layers."""
    script = ROOT / "build" / "names_of_nn.lua"
    script.write_text(
        f'local all = require("orrery").{table}\n'
        "for _, name in ipairs(arg) do if pcall(function() return all[name] end) then print(name) end end\n")
    return set(run(program, "run", str(script), *names).split())


def report(missing, reasons):
    """Prints why each is left out; true when that is not so of one."""
    for name in sorted(missing):
        print(f"{name}: {reasons.get(name, 'MISSING')}")
    for name in sorted(set(reasons) - missing):
        print(f"{name}: a reason is given for what is there")
    return missing != set(reasons)


def compare_functions(program):
    wanted = torch_functions()
    missing = wanted - in_library(program, sorted(wanted), "nn.functional")
    wrong = report(missing, REASONS_OF_FUNCTIONS)
    print(f"{len(wanted)} functions of torch.nn.functional, {len(missing)} left out")
    return wrong


def compare_classes(program):
    wanted, own = torch_classes(), layers(program)
    found = in_library(program, sorted(wanted - own))
    missing = wanted - own - found
    wrong = report(missing, REASONS)
    print(f"{len(wanted)} classes of torch.nn {torch.__version__}: {len(wanted & own)} layers, {len(found)} in the "
          f"library, {len(missing)} left out; {len(own - wanted)} layers of Orrery's own: {', '.join(sorted(own - wanted))}")
    return wrong


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "orrery")
    return int(any([compare_classes(program), compare_functions(program)]))


if __name__ == "__main__":
    sys.exit(main())
