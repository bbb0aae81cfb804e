import torch

from .cases import integers, normal, positive, transform

# Functions of any number, of positive ones, of those between -1 and 1.
ANYWHERE = ("neg positive abs absolute sign sgn square floor ceil trunc frac exp exp2 expm1 sin cos tan atan sinh cosh asinh "
            "sinc deg2rad rad2deg erf erfc").split()
POSITIVE = "reciprocal sqrt rsqrt log log2 log10 log1p lgamma digamma".split()
NARROW = "asin acos atanh erfinv".split()
COMPLEX = ("neg abs sgn reciprocal square sqrt rsqrt exp expm1 log log2 log1p sin cos tan asin acos atan sinh cosh asinh acosh "
           "atanh real imag conj angle view_as_real").split()


def narrow(*shape):
    return positive(*shape) - 0.6


def complexes(*shape):
    return torch.complex(normal(*shape), normal(*shape))


def of_one():
    for names, numbers in ((ANYWHERE, normal), (POSITIVE, positive), (NARROW, narrow)):
        for name in names:
            yield transform(name, {}, [numbers(4)], getattr(torch, name))
    yield transform("acosh", {}, [positive(4) + 1], torch.acosh)
    for name in COMPLEX:
        yield transform(name, {}, [complexes(3)], lambda x, name=name: getattr(torch, name)(x))
    for name in ("real", "conj", "angle"):
        yield transform(name, {}, [normal(3)], getattr(torch, name))
    for name in ("sign", "exp", "sqrt"):
        yield transform(name, {}, [integers(4, 3)], getattr(torch, name))
    yield transform("bitwise_not", {}, [integers(9, 3)], torch.bitwise_not)
    yield transform("bitwise_not", {}, [integers(2, 3).bool()], torch.bitwise_not)


def with_options():
    yield transform("round", {}, [normal(4) * 3], torch.round)
    yield transform("round", {"decimals": 2}, [normal(4)], lambda x: torch.round(x, decimals=2))
    yield transform("logit", {}, [positive(4) / 2], torch.logit)
    yield transform("logit", {"eps": 0.2}, [positive(4)], lambda x: torch.logit(x, 0.2))
    yield transform("nan_to_num", {"nan": 2.0, "posinf": 3.0, "neginf": -4.0}, [normal(4)],
                    lambda x: torch.nan_to_num(x, 2.0, 3.0, -4.0))


def choosing():
    mask = integers(2, 2, 3).bool()
    yield transform("where", {}, [mask, normal(2, 3), normal(3)], torch.where)
    yield transform("where", {"input": 1, "other": 0.5}, [mask, None, None], lambda c, _a, _b: torch.where(c, 1, 0.5))
    yield transform("where", {"other": 0}, [mask, normal(2, 1), None], lambda c, x, _: torch.where(c, x, 0))
    yield transform("masked_fill", {"value": -5.5}, [normal(2, 3), mask, None], lambda x, m, _: x.masked_fill(m, -5.5))
    yield transform("masked_fill", {}, [normal(2, 3), mask, normal()], lambda x, m, v: x.masked_fill(m, v))
    yield transform("clamp", {"min": -0.5, "max": 0.5}, [normal(5), None, None], lambda x, _a, _b: x.clamp(-0.5, 0.5))
    yield transform("clamp", {"max": 0}, [normal(5), None, None], lambda x, _a, _b: x.clamp(max=0))
    yield transform("clamp", {"min": 2.5}, [integers(9, 5), None, None], lambda x, _a, _b: x.clamp(min=2.5))
    yield transform("clamp", {}, [normal(2, 3), normal(3) - 1, normal(3) + 1], torch.clamp)
    yield transform("clamp", {}, [normal(2, 3), None, normal(3)], lambda x, _, high: torch.clamp(x, max=high))
    for name, option in (("clamp_min", "min"), ("clamp_max", "max")):
        compute = getattr(torch, name)
        yield transform(name, {option: 0.25}, [normal(5), None], lambda x, _, compute=compute: compute(x, 0.25))
        yield transform(name, {}, [normal(2, 3), normal(3)], compute)


def complex_numbers():
    yield transform("view_as_complex", {}, [normal(3, 2)], torch.view_as_complex)
    yield transform("complex", {}, [normal(3), normal(3)], torch.complex)
    yield transform("polar", {}, [positive(3), normal(3)], torch.polar)


def cases():
    yield from of_one()
    yield from with_options()
    yield from choosing()
    yield from complex_numbers()
