import torch

from .cases import integers, normal, transform


def made(name, options, compute):
    return transform(name, options, [], compute)


def cases():
    yield made("zeros", {"size": [2, 3]}, lambda: torch.zeros(2, 3))
    yield made("ones", {"size": [3], "dtype": "int64"}, lambda: torch.ones(3, dtype=torch.int64))
    yield made("full", {"size": [2, 2], "fill_value": 2.5}, lambda: torch.full((2, 2), 2.5))
    yield made("arange", {"range": [5]}, lambda: torch.arange(5))
    yield made("arange", {"range": [7, 1, -2], "dtype": "float32"}, lambda: torch.arange(7, 1, -2, dtype=torch.float32))
    yield made("linspace", {"start": -1.0, "end": 2.0, "steps": 5}, lambda: torch.linspace(-1, 2, 5))
    yield made("eye", {"n": [3]}, lambda: torch.eye(3))
    yield made("eye", {"n": [2], "m": [3], "dtype": "int32"}, lambda: torch.eye(2, 3, dtype=torch.int32))
    yield transform("zeros_like", {}, [normal(2, 3)], torch.zeros_like)
    yield transform("ones_like", {"dtype": "float64"}, [integers(3, 2)],
                    lambda x: torch.ones_like(x, dtype=torch.float64))
    yield transform("full_like", {"fill_value": 3}, [normal(2)], lambda x: torch.full_like(x, 3))
