import torch

from .cases import layer, normal, transform


def cases():
    for name in ("ReLU", "Tanh", "Sigmoid"):
        yield layer(name, {}, normal(3, 4))
    for name in ("Softmax", "LogSoftmax"):
        yield layer(name, {"dim": 1}, normal(3, 4))
        yield layer(name, {"dim": -3}, normal(2, 3, 2))
    yield transform("softmax", {"dim": 0}, [normal(3, 2)], lambda x: torch.softmax(x, 0))
    yield transform("softmax", {"dim": 1, "dtype": "float64"}, [normal(3, 2)], lambda x: torch.softmax(x, 1, dtype=torch.float64))
    yield transform("log_softmax", {"dim": -1}, [normal(3, 2)], lambda x: torch.log_softmax(x, -1))
