import torch

from .cases import integers, normal, positive, transform


def cases():
    for name in ("add", "sub", "mul", "div", "rsub"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3), positive(3)], compute)
        yield transform(name, {}, [normal(2, 1), positive(1, 3)], compute)
        yield transform(name, {"other": 2.5}, [normal(2, 3), None], lambda x, _, compute=compute: compute(x, 2.5))
        yield transform(name, {"other": 3}, [integers(9, 2, 3), None], lambda x, _, compute=compute: compute(x, 3))
    yield transform("add", {"alpha": 0.5}, [normal(2, 3), normal(2, 3)], lambda a, b: torch.add(a, b, alpha=0.5))
    yield transform("sub", {"alpha": 2}, [integers(9, 2), integers(9, 2)], lambda a, b: torch.sub(a, b, alpha=2))
    yield transform("rsub", {"other": 1.0, "alpha": 2}, [normal(3), None], lambda a, _: torch.rsub(a, 1.0, alpha=2))
    yield transform("mul", {}, [normal(2, 3), integers(5, 3)], torch.mul)
    yield transform("add", {}, [normal(2, 3), normal(dtype=torch.float64)], torch.add)
    for mode in ("trunc", "floor"):
        yield transform("div", {"rounding_mode": mode}, [normal(5), positive(5)],
                        lambda a, b, mode=mode: torch.div(a, b, rounding_mode=mode))
    yield transform("div", {}, [integers(9, 4), integers(5, 4) + 1], torch.div)
    for name in ("neg", "abs", "exp", "relu", "tanh", "sigmoid"):
        yield transform(name, {}, [normal(2, 3)], getattr(torch, name))
    for name in ("reciprocal", "log", "sqrt"):
        yield transform(name, {}, [positive(2, 3)], getattr(torch, name))
    yield transform("exp", {}, [integers(4, 3)], torch.exp)
    yield transform("pow", {"exponent": 2}, [normal(2, 3)], lambda x: torch.pow(x, 2))
    yield transform("pow", {"exponent": 0.5}, [positive(2, 3)], lambda x: torch.pow(x, 0.5))
