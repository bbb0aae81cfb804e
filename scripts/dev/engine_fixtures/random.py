import torch

from .cases import case, integers, normal, positive


def drawn(name, options, inputs, compute):
    return case(name, options, inputs, lambda xs: compute(*xs), seed=7)


def cases():
    yield drawn("rand", {"size": [2, 3]}, [], lambda: torch.rand(2, 3))
    yield drawn("rand", {"size": [3], "dtype": "float64"}, [], lambda: torch.rand(3, dtype=torch.float64))
    yield drawn("randn", {"size": [2, 3]}, [], lambda: torch.randn(2, 3))
    yield drawn("randint", {"low": -2, "high": 9, "size": [5]}, [], lambda: torch.randint(-2, 9, (5,)))
    yield drawn("randint", {"low": 0, "high": 200, "size": [3], "dtype": "uint8"}, [],
                lambda: torch.randint(0, 200, (3,), dtype=torch.uint8))
    yield drawn("randperm", {"n": [6]}, [], lambda: torch.randperm(6))
    yield drawn("randperm", {"n": [4], "dtype": "int32"}, [], lambda: torch.randperm(4, dtype=torch.int32))
    yield drawn("normal", {"mean": 1.0, "std": 2, "size": [2, 3]}, [None, None],
                lambda _a, _b: torch.normal(1.0, 2.0, (2, 3)))
    yield drawn("normal", {}, [normal(2, 3), positive(3)], torch.normal)
    yield drawn("normal", {"std": 0.5}, [normal(2), None], lambda mean, _: torch.normal(mean, 0.5))
    yield drawn("normal", {"mean": 3}, [None, positive(2)], lambda _, std: torch.normal(3.0, std))
    yield drawn("rand_like", {}, [normal(4)], torch.rand_like)
    yield drawn("randn_like", {"dtype": "float64"}, [integers(3, 4)],
                lambda x: torch.randn_like(x, dtype=torch.float64))
    yield drawn("bernoulli", {}, [positive(8) / 1.2], torch.bernoulli)
    yield drawn("bernoulli", {"p": 0.3}, [integers(3, 8)], lambda x: torch.bernoulli(x, 0.3))
    yield drawn("multinomial", {"num_samples": 3}, [positive(2, 5)], lambda x: torch.multinomial(x, 3))
    yield drawn("multinomial", {"num_samples": 6, "replacement": True}, [positive(3)],
                lambda x: torch.multinomial(x, 6, True))
    yield drawn("poisson", {}, [positive(5) * 4], torch.poisson)
    yield drawn("exponential", {"lambd": 2.0}, [normal(4)], lambda x: torch.empty_like(x.detach()).exponential_(2.0))
