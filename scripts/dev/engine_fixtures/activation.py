import torch
import torch.nn.functional as F

from .cases import integers, layer, normal, positive, transform

# Layer, function, and the options that both take.
PAIRS = (
    ("ReLU", "relu", ({},)),
    ("ReLU6", "relu6", ({},)),
    ("LeakyReLU", "leaky_relu", ({}, {"negative_slope": 0.3})),
    ("Hardtanh", "hardtanh", ({}, {"min_val": -0.5, "max_val": 0.25})),
    ("Hardswish", "hardswish", ({},)),
    ("Hardsigmoid", "hardsigmoid", ({},)),
    ("Hardshrink", "hardshrink", ({}, {"lambd": 0.2})),
    ("Softshrink", "softshrink", ({}, {"lambd": 0.2})),
    ("Threshold", "threshold", ({"threshold": 0.1, "value": -3.0},)),
    ("Tanh", "tanh", ({},)),
    ("Sigmoid", "sigmoid", ({},)),
    ("ELU", "elu", ({}, {"alpha": 0.4})),
    ("SELU", "selu", ({},)),
    ("CELU", "celu", ({}, {"alpha": 0.4})),
    ("GELU", "gelu", ({}, {"approximate": "tanh"})),
    ("SiLU", "silu", ({},)),
    ("Mish", "mish", ({},)),
    ("Softplus", "softplus", ({}, {"beta": 3.0, "threshold": 2.0})),
    ("Softsign", "softsign", ({},)),
    ("Tanhshrink", "tanhshrink", ({},)),
    ("LogSigmoid", "logsigmoid", ({},)),
    ("Softmax", "softmax", ({"dim": 1}, {"dim": 0})),
    ("LogSoftmax", "log_softmax", ({"dim": 1}, {"dim": -1})),
    ("Softmin", "softmin", ({"dim": 1}, {"dim": -2})),
    ("GLU", "glu", ({}, {"dim": 0})),
    ("RReLU", "rrelu", ({}, {"lower": 0.2, "upper": 0.6})),
)


def functions():
    for name, function, options in PAIRS:
        compute = getattr(F, function)
        for each in options:
            x = 3 * normal(2, 4)
            yield layer(name, each, x.clone(), training=False)
            yield transform(function, each, [x], lambda v, compute=compute, each=each: compute(v, **each))


def cases():
    yield from functions()
    for name in ("tanh", "sigmoid", "softsign", "tanhshrink"):
        yield transform(name, {}, [integers(5, 3)], getattr(F, name))
    for name in ("relu6", "hardtanh"):
        yield transform(name, {}, [integers(9, 3) - 3], getattr(F, name))
    for name in ("softmax", "log_softmax", "softmin"):
        yield transform(name, {"dim": 1, "dtype": "float64"}, [normal(3, 2)],
                        lambda x, name=name: getattr(F, name)(x, 1, dtype=torch.float64))
    yield layer("Softmax2d", {}, normal(1, 2, 2, 2))
    yield layer("Softmax2d", {}, normal(2, 1, 2))
    for name, options in (("RReLU", {}), ("RReLU", {"lower": 0.2, "upper": 0.6})):
        yield layer(name, options, normal(3, 4), seed=5)
    yield transform("rrelu", {"training": True}, [normal(3, 4)], lambda x: F.rrelu(x, training=True), seed=5)
    yield layer("PReLU", {}, normal(2, 3))
    yield layer("PReLU", {"num_parameters": 3, "init": 0.1}, normal(2, 3, 2))
    yield transform("prelu", {}, [normal(2, 3), positive(1)], F.prelu)
    yield transform("prelu", {}, [normal(2, 3), positive(3)], F.prelu)
