import torch

from .cases import integers, normal, transform


def cases():
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        compute = getattr(torch, name)
        yield transform(name, {}, [integers(3, 2, 4), integers(3, 4)], compute)
        yield transform(name, {"other": 0.5}, [normal(4), None], lambda x, _, compute=compute: compute(x, 0.5))
    for name in ("logical_and", "logical_or", "logical_xor"):
        yield transform(name, {}, [integers(2, 5), integers(2, 5)], getattr(torch, name))
    for name in ("logical_not", "isnan", "isinf", "isfinite"):
        yield transform(name, {}, [integers(2, 4)], getattr(torch, name))
    close = normal(4)
    yield transform("isclose", {}, [close, close + 1e-7], torch.isclose)
    yield transform("isclose", {"rtol": 0.1, "atol": 0.01, "equal_nan": True}, [normal(6), normal(6)],
                    lambda a, b: torch.isclose(a, b, 0.1, 0.01, True))
