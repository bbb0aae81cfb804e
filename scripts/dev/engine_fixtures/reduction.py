import torch

from .cases import integers, normal, transform


def cases():
    for name in ("sum", "mean"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3)], compute)
        yield transform(name, {"dim": [0, -1]}, [normal(2, 3, 2)], lambda x, compute=compute: compute(x, (0, -1)))
        yield transform(name, {"dim": [1], "keepdim": True}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 1, keepdim=True))
        yield transform(name, {"dim": [0], "dtype": "float64"}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 0, dtype=torch.float64))
    yield transform("sum", {}, [integers(9, 3, dtype=torch.uint8)], torch.sum)
    yield transform("argmax", {"dim": 1}, [normal(3, 4)], lambda x: torch.argmax(x, 1))
    yield transform("argmax", {"dim": 0, "keepdim": True}, [normal(3, 4)], lambda x: torch.argmax(x, 0, keepdim=True))
    yield transform("argmax", {}, [normal(3, 4)], torch.argmax)
