import torch

from .cases import integers, normal, positive, transform


def sums():
    yield transform("add", {"alpha": 0.5}, [normal(2, 3), normal(2, 3)], lambda a, b: torch.add(a, b, alpha=0.5))
    yield transform("sub", {"alpha": 2}, [integers(9, 2), integers(9, 2)], lambda a, b: torch.sub(a, b, alpha=2))
    yield transform("rsub", {"other": 1.0, "alpha": 2}, [normal(3), None], lambda a, _: torch.rsub(a, 1.0, alpha=2))
    yield transform("mul", {}, [normal(2, 3), integers(5, 3)], torch.mul)
    yield transform("add", {}, [normal(2, 3), normal(dtype=torch.float64)], torch.add)
    for name in ("addcmul", "addcdiv"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3), normal(3), positive(2, 1)], compute)
        yield transform(name, {"value": 0.5}, [normal(3), normal(3), positive(3)],
                        lambda a, b, c, compute=compute: compute(a, b, c, value=0.5))
    yield transform("lerp", {"weight": 0.3}, [normal(3), normal(2, 3), None], lambda a, b, _: torch.lerp(a, b, 0.3))
    yield transform("lerp", {}, [normal(3), normal(3), positive(3)], torch.lerp)


def products():
    for name in ("div", "true_divide", "floor_divide", "fmod", "remainder"):
        compute = getattr(torch, name)
        yield transform(name, {}, [integers(9, 4), integers(5, 4) + 1], compute)
        if name != "floor_divide":  # has no derivative
            yield transform(name, {}, [normal(4), -positive(4)], compute)
        yield transform(name, {"other": 2}, [integers(9, 4), None], lambda x, _, compute=compute: compute(x, 2))
    for mode in ("trunc", "floor"):
        yield transform("div", {"rounding_mode": mode}, [normal(5), positive(5)],
                        lambda a, b, mode=mode: torch.div(a, b, rounding_mode=mode))
    yield transform("remainder", {"input": 7.5}, [None, positive(4)], lambda _, x: torch.remainder(torch.tensor(7.5), x))
    yield transform("pow", {"exponent": 2}, [normal(2, 3), None], lambda x, _: torch.pow(x, 2))
    yield transform("pow", {"exponent": 0.5}, [positive(2, 3), None], lambda x, _: torch.pow(x, 0.5))
    yield transform("pow", {"input": 2}, [None, normal(4)], lambda _, x: torch.pow(2, x))
    yield transform("pow", {}, [positive(2, 3), normal(3)], torch.pow)
    yield transform("xlogy", {}, [normal(3), positive(2, 3)], torch.xlogy)
    yield transform("xlogy", {"other": 2}, [normal(3), None], lambda x, _: torch.xlogy(x, 2))
    yield transform("xlogy", {"input": 0.5}, [None, positive(3)], lambda _, x: torch.xlogy(0.5, x))


def pairs():
    for name in ("atan2", "hypot", "maximum", "minimum", "fmax", "fmin", "logaddexp", "copysign"):
        yield transform(name, {}, [normal(2, 3), normal(3)], getattr(torch, name))
    yield transform("copysign", {"other": -1}, [normal(3), None], lambda x, _: torch.copysign(x, -1))
    yield transform("heaviside", {}, [integers(3, 5) - 1, integers(9, 5)], torch.heaviside)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"):
        compute = getattr(torch, name)
        yield transform(name, {}, [integers(99, 4), integers(4, 4)], compute)
        yield transform(name, {"other": 3}, [integers(99, 4), None], lambda x, _, compute=compute: compute(x, 3))
        yield transform(name, {"input": 5}, [None, integers(4, 4)], lambda _, x, compute=compute: compute(5, x))


def cases():
    for name in ("add", "sub", "mul", "div", "rsub"):
        compute = getattr(torch, name)
        yield transform(name, {}, [normal(2, 3), positive(3)], compute)
        yield transform(name, {}, [normal(2, 1), positive(1, 3)], compute)
        yield transform(name, {"other": 2.5}, [normal(2, 3), None], lambda x, _, compute=compute: compute(x, 2.5))
        yield transform(name, {"other": 3}, [integers(9, 2, 3), None], lambda x, _, compute=compute: compute(x, 3))
    for name in ("relu", "tanh", "sigmoid"):
        yield transform(name, {}, [normal(2, 3)], getattr(torch, name))
    for part in (sums, products, pairs):
        yield from part()
