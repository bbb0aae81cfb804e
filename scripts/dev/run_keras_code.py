"""Runs code that `orrery export --to keras` wrote: python run_keras_code.py CODE WEIGHTS 2x3x64x64 [tokens].

Makes the model on the backend that KERAS_BACKEND names (PyTorch where it names none), gives it the saved model's
weights, and prints numbers of what it gives in evaluation for torch.randn of these sizes (with `tokens`: for
torch.randint(0, 100)), drawn with seed 7: 16 of them, evenly spaced. Needs the packages keras, torch and safetensors.
"""

import importlib.util
import os
import sys
import types

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # noqa: E402
import torch  # noqa: E402


def load_code(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_model(module):
    """The last function of the module but `load_weights`: the whole model."""
    functions = [value for value in vars(module).values() if isinstance(value, types.FunctionType)]
    own = [function for function in functions if function.__module__ == "exported"]
    return [function for function in own if function.__name__ != "load_weights"][-1]()


def main(code, weights, sizes, kind=""):
    module = load_code(code)
    model = make_model(module)
    if hasattr(module, "load_weights"):
        module.load_weights(model, weights)
    shape = [int(size) for size in sizes.split("x")]
    torch.manual_seed(7)
    given = torch.randint(0, 100, shape) if kind == "tokens" else torch.randn(shape)
    result = model(given.numpy(), training=False)
    first = result[0] if isinstance(result, (list, tuple)) else result
    flat = keras.ops.convert_to_numpy(first).flatten()
    last = flat.size - 1
    print(*(repr(float(flat[(2 * i * last + 15) // 30])) for i in range(16)))


if __name__ == "__main__":
    main(*sys.argv[1:])
