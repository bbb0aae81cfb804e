"""Runs a program that `orrery export SCRIPT --to pytorch` wrote: python run_pytorch_training.py CODE [its options].

Prints each epoch's numbers in full, those of training and then those of validation. Where scikit-learn is missing, its digits
are those of data/digits.csv.gz, which came from there.
"""

import gzip
import importlib.machinery
import importlib.util
import sys
import types
from pathlib import Path

import numpy as np


def digits_without_scikit_learn():
    def load_digits(return_X_y):
        assert return_X_y
        with gzip.open(Path(__file__).parents[2] / "data" / "digits.csv.gz") as file:
            table = np.loadtxt(file, delimiter=",")
        return table[:, :-1], table[:, -1].astype("int64")

    for name in ("sklearn", "sklearn.datasets"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)
    sys.modules["sklearn.datasets"].load_digits = load_digits


def told(function):
    """The same function, whose numbers are printed."""

    def wrapped(*arguments):
        numbers = function(*arguments)
        print(*(repr(value) for value in numbers.values()))
        return numbers

    return wrapped


def main(code):
    if importlib.util.find_spec("sklearn") is None:
        digits_without_scikit_learn()
    spec = importlib.util.spec_from_file_location("exported", code)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.train_epoch = told(module.train_epoch)
    module.evaluate = told(module.evaluate)
    module.print = lambda *words: None
    module.main()


if __name__ == "__main__":
    del sys.argv[0]
    main(sys.argv[0])
