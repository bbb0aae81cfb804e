import torch

from .cases import integers, normal, positive, transform

OVER_LISTS = "sum mean nansum nanmean logsumexp amax amin any all".split()
INFINITE = float("inf")


def over_lists():
    for name in OVER_LISTS:
        compute = getattr(torch, name)
        if name != "logsumexp":
            yield transform(name, {}, [normal(2, 3)], compute)
        yield transform(name, {"dim": [0, -1]}, [normal(2, 3, 2)], lambda x, compute=compute: compute(x, (0, -1)))
        yield transform(name, {"dim": [1], "keepdim": True}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 1, keepdim=True))
    yield transform("logsumexp", {}, [normal(2, 3)], lambda x: torch.logsumexp(x, (0, 1)))
    for name in ("sum", "mean", "nansum", "nanmean"):
        compute = getattr(torch, name)
        yield transform(name, {"dim": [0], "dtype": "float64"}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, 0, dtype=torch.float64))
    yield transform("sum", {}, [integers(9, 3, dtype=torch.uint8)], torch.sum)
    for name in ("any", "all"):
        yield transform(name, {"dim": [0]}, [integers(2, 3, 4)], lambda x, name=name: getattr(torch, name)(x, 0))
    yield transform("count_nonzero", {}, [integers(2, 3, 4)], torch.count_nonzero)
    yield transform("count_nonzero", {"dim": [1]}, [integers(2, 3, 4)], lambda x: torch.count_nonzero(x, 1))


def moments():
    for name in ("var", "std", "var_mean", "std_mean"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3)], compute)
        yield transform(name, {"dim": [-1], "unbiased": False}, [normal(2, 3)],
                        lambda x, compute=compute: compute(x, -1, unbiased=False))
        yield transform(name, {"dim": [0, 2], "correction": 2, "keepdim": True}, [normal(2, 3, 2)],
                        lambda x, compute=compute: compute(x, (0, 2), correction=2, keepdim=True))
    yield transform("prod", {}, [normal(2, 3)], torch.prod)
    yield transform("prod", {"dim": 1, "keepdim": True}, [normal(2, 3)], lambda x: torch.prod(x, 1, keepdim=True))
    yield transform("prod", {"dim": 0, "dtype": "float64"}, [integers(5, 3, 2)],
                    lambda x: torch.prod(x, 0, dtype=torch.float64))
    for p in ("fro", 1, 2, 3.5, INFINITE, -INFINITE):
        kept = "inf" if p == INFINITE else "-inf" if p == -INFINITE else p
        yield transform("norm", {"p": kept, "dim": [1]}, [normal(2, 3)], lambda x, p=p: torch.norm(x, p, 1))
    yield transform("norm", {}, [normal(2, 3)], torch.norm)
    yield transform("norm", {"p": 1.0, "dim": [0, 1], "keepdim": True, "dtype": "float64"}, [normal(2, 3)],
                    lambda x: torch.linalg.vector_norm(x, 1, (0, 1), True, dtype=torch.float64))


def extremes():
    for name in ("max", "min"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3), None], lambda x, _, compute=compute: compute(x))
        yield transform(name, {"dim": 1}, [normal(2, 3), None], lambda x, _, compute=compute: compute(x, 1))
        yield transform(name, {}, [normal(2, 3), normal(3)], compute)
    for name in ("median", "nanmedian"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3)], compute)
        yield transform(name, {"dim": 0, "keepdim": True}, [normal(4, 3)],
                        lambda x, compute=compute: compute(x, 0, keepdim=True))
    yield transform("max", {"dim": 0, "keepdim": True}, [integers(9, 4, 2), None],
                    lambda x, _: torch.max(x, 0, keepdim=True))
    yield transform("mode", {}, [integers(3, 2, 7)], torch.mode)
    yield transform("mode", {"dim": 0, "keepdim": True}, [integers(2, 5, 2)], lambda x: torch.mode(x, 0, keepdim=True))
    yield transform("aminmax", {}, [integers(9, 2, 3)], torch.aminmax)  # has no derivative
    yield transform("aminmax", {"dim": 1, "keepdim": True}, [integers(9, 2, 3)],
                    lambda x: torch.aminmax(x, dim=1, keepdim=True))
    for name in ("argmax", "argmin"):
        compute = getattr(torch, name)
        yield transform(name, {"dim": 1}, [normal(3, 4)], lambda x, compute=compute: compute(x, 1))
        yield transform(name, {"dim": 0, "keepdim": True}, [normal(3, 4)],
                        lambda x, compute=compute: compute(x, 0, keepdim=True))
        yield transform(name, {}, [normal(3, 4)], compute)


def quantiles():
    yield transform("quantile", {"q": 0.4}, [normal(2, 3), None], lambda x, _: torch.quantile(x, 0.4))
    for between in ("linear", "lower", "higher", "midpoint", "nearest"):
        yield transform("quantile", {"q": 0.3, "dim": 1, "interpolation": between}, [normal(2, 4), None],
                        lambda x, _, between=between: torch.quantile(x, 0.3, 1, interpolation=between))
    yield transform("quantile", {"dim": 0, "keepdim": True}, [normal(4, 2), positive(2) / 2],
                    lambda x, q: torch.quantile(x, q, 0, keepdim=True))


def scans():
    for name in ("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"):
        yield transform(name, {"dim": 1}, [normal(2, 3)], lambda x, name=name: getattr(torch, name)(x, 1))
    for name in ("cumsum", "cumprod"):
        yield transform(name, {"dim": 0, "dtype": "float64"}, [integers(4, 3, 2)],
                        lambda x, name=name: getattr(torch, name)(x, 0, dtype=torch.float64))
    yield transform("diff", {}, [normal(2, 4), None, None], lambda x, _a, _b: torch.diff(x))
    yield transform("diff", {"n": 2, "dim": 0}, [normal(3, 2), normal(1, 2), normal(2, 2)],
                    lambda x, before, after: torch.diff(x, 2, 0, before, after))


def cases():
    for part in (over_lists, moments, extremes, quantiles, scans):
        yield from part()
    yield transform("norm", {"p": 0, "dim": [1]}, [torch.tensor([[1.5, 0.0, -2.0], [0.0, 0.0, 3.0]])],
                    lambda x: torch.norm(x, 0, 1))
