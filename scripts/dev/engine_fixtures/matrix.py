import torch

from .cases import normal, transform


def cases():
    for left, right in (((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 1, 2, 3), (4, 3, 2))):
        yield transform("matmul", {}, [normal(*left), normal(*right)], torch.matmul)
    for name, options, shapes, compute in PRODUCTS:
        yield transform(name, options, [normal(*shape) for shape in shapes], compute)
    for equation, shapes in EQUATIONS.items():
        yield transform("einsum", {"equation": equation}, [normal(*shape) for shape in shapes],
                        lambda *xs, equation=equation: torch.einsum(equation, *xs))
    yield transform("vdot", {}, [normal(3, dtype=torch.complex64), normal(3, dtype=torch.complex64)], torch.vdot)
    yield transform("linear", {}, [normal(2, 3), normal(2, 3), None], lambda x, w, _: torch.nn.functional.linear(x, w))
    yield transform("bilinear", {}, [normal(2, 2), normal(2, 3), normal(2, 2, 3), None],
                    lambda x, y, w, _: torch.nn.functional.bilinear(x, y, w))


FACTORS = {"beta": 0.5, "alpha": 2}
PRODUCTS = [
    ("mm", {}, [(2, 3), (3, 2)], torch.mm),
    ("mv", {}, [(2, 3), (3,)], torch.mv),
    ("bmm", {}, [(2, 2, 3), (2, 3, 2)], torch.bmm),
    ("dot", {}, [(3,), (3,)], torch.dot),
    ("outer", {}, [(2,), (3,)], torch.outer),
    ("ger", {}, [(2,), (2,)], torch.ger),
    ("inner", {}, [(2, 3), (2, 3)], torch.inner),
    ("kron", {}, [(2, 2), (3,)], torch.kron),
    ("cross", {}, [(2, 3), (1, 3)], torch.linalg.cross),
    ("cross", {"dim": 0}, [(3, 2), (3, 2)], lambda x, y: torch.linalg.cross(x, y, dim=0)),
    ("tensordot", {}, [(2, 3, 2), (3, 2, 2)], torch.tensordot),
    ("tensordot", {"dims": 1}, [(2, 3), (3, 2)], lambda x, y: torch.tensordot(x, y, 1)),
    ("tensordot", {"dims_self": [1, 0], "dims_other": [0, 2]}, [(2, 3), (3, 2, 2)],
     lambda x, y: torch.tensordot(x, y, ([1, 0], [0, 2]))),
    ("chain_matmul", {}, [(2, 3), (3, 1), (1, 2)], lambda *xs: torch.linalg.multi_dot(xs)),
    ("trace", {}, [(2, 3)], torch.trace),
    ("matrix_power", {"n": 3}, [(2, 2)], lambda x: torch.matrix_power(x, 3)),
    ("matrix_power", {"n": -1}, [(2, 2)], lambda x: torch.matrix_power(x, -1)),
    ("addmm", FACTORS, [(2,), (2, 3), (3, 2)], lambda x, a, b: torch.addmm(x, a, b, **FACTORS)),
    ("addmv", FACTORS, [(2,), (2, 3), (3,)], lambda x, a, b: torch.addmv(x, a, b, **FACTORS)),
    ("addr", FACTORS, [(2, 3), (2,), (3,)], lambda x, a, b: torch.addr(x, a, b, **FACTORS)),
    ("baddbmm", FACTORS, [(2, 1, 2), (2, 2, 3), (2, 3, 2)], lambda x, a, b: torch.baddbmm(x, a, b, **FACTORS)),
    ("addbmm", FACTORS, [(2, 2), (2, 2, 3), (2, 3, 2)], lambda x, a, b: torch.addbmm(x, a, b, **FACTORS)),
    ("linear", {}, [(2, 3), (2, 3), (2,)], torch.nn.functional.linear),
    ("bilinear", {}, [(2, 2), (2, 3), (2, 2, 3), (2,)], torch.nn.functional.bilinear),
]
EQUATIONS = {
    "ij,jk->ik": [(2, 3), (3, 2)],
    "bij, bjk, bk -> bi": [(2, 1, 2), (2, 2, 2), (2, 2)],
    "...i,...i": [(2, 3), (2, 3)],
    "ii->i": [(3, 3)],
    "i,j": [(2,), (3,)],
}
