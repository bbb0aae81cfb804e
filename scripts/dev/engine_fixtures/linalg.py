import torch

from .cases import normal, transform

linalg = torch.linalg


def spread(*shape, dtype=torch.float32):
    """Far from singular."""
    return normal(*shape, dtype=dtype) + 3 * torch.eye(shape[-2], shape[-1]).to(dtype)


def symmetric(n, dtype=torch.float32):
    x = normal(n, n, dtype=dtype)
    return (x @ x.mH + torch.diag(torch.arange(n) + 1.0).to(dtype)).detach()


def with_options(name, options, *inputs):
    compute = getattr(linalg, name)
    return transform(f"linalg_{name}", options, list(inputs), lambda *xs: compute(*xs, **options))


def cases():
    for name in ("inv", "det", "slogdet", "matrix_exp", "svdvals", "pinv"):
        yield with_options(name, {}, spread(2, 2))
        yield with_options(name, {}, spread(2, 2, 2))
    yield with_options("inv", {}, spread(2, 2, dtype=torch.complex64))
    for upper in (False, True):
        yield with_options("cholesky", {"upper": upper}, symmetric(2))
    yield with_options("qr", {}, spread(3, 2))
    yield with_options("qr", {"mode": "complete"}, spread(2, 2))
    yield with_options("svd", {}, spread(2, 2))
    yield with_options("svd", {"full_matrices": False}, spread(3, 2))
    for triangle in ("L", "U"):
        yield with_options("eigh", {"UPLO": triangle}, symmetric(2))
        yield with_options("eigvalsh", {"UPLO": triangle}, symmetric(3))
    yield with_options("eigvals", {}, spread(2, 2))
    yield with_options("solve", {}, spread(2, 2), normal(2))
    yield with_options("solve", {"left": False}, spread(2, 2, 2), normal(3, 2))
    for options in ({"upper": True}, {"upper": False, "left": False, "unitriangular": True}):
        yield with_options("solve_triangular", options, spread(2, 2), normal(2, 2))
    yield transform("linalg_lstsq", {}, [spread(3, 2), normal(3, 1)], lambda a, b: linalg.lstsq(a, b).solution)
    # A larger rcond cuts the rank, and one run in several then gave another solution.
    yield transform("linalg_lstsq", {"rcond": 0.01}, [spread(3, 2), normal(3, 1)],
                    lambda a, b: linalg.lstsq(a, b, rcond=0.01).solution)
    yield with_options("pinv", {"atol": 0.1, "rtol": 0.01}, spread(3, 2))
    yield with_options("pinv", {"hermitian": True}, symmetric(2))
    yield with_options("matrix_rank", {}, torch.ones(2, 2))
    yield with_options("matrix_rank", {"atol": 5.0, "hermitian": True}, torch.diag(torch.tensor([1.0, 9.0])))
    yield with_options("matrix_rank", {"rtol": 0.5}, torch.diag(torch.tensor([1.0, 9.0])))
    yield transform("linalg_multi_dot", {}, [normal(2), normal(2, 3), normal(3, 2)],
                    lambda *xs: linalg.multi_dot(xs))
    yield from norms()
    yield from factors()


def eig(matrix):
    """The phase of an eigenvector is open, so that it has no gradient: its weights are 0."""
    def parts(x):
        values, vectors = linalg.eig(x)
        return values, vectors.detach()

    one = transform("linalg_eig", {}, [matrix], parts)
    one["weights"][1]["values"] = [0.0] * len(one["weights"][1]["values"])
    return one


def factors():
    yield eig(spread(2, 2))
    yield eig(spread(2, 2, 2, dtype=torch.complex64))
    for name in ("lu", "lu_factor"):
        yield with_options(name, {}, spread(3, 2))
        yield with_options(name, {}, spread(2, 2, 3))
    factored, pivots = linalg.lu_factor(normal(2, 2, 2))
    yield with_options("lu_solve", {}, factored, pivots, normal(2, 1))
    yield with_options("lu_solve", {"left": False, "adjoint": True}, factored, pivots, normal(2, 3, 2))


def norms():
    yield with_options("norm", {}, normal(2, 3))
    yield with_options("norm", {"ord": "nuc"}, normal(2, 3))
    yield with_options("norm", {"ord": 1, "dim": [1], "keepdim": True}, normal(2, 3))
    yield with_options("norm", {"ord": 0.5}, normal(4))
    yield transform("linalg_norm", {"dtype": "float64"}, [normal(3)], lambda x: linalg.norm(x, dtype=torch.float64))
    yield with_options("vector_norm", {}, normal(2, 3))
    yield with_options("vector_norm", {"ord": 3, "dim": [0], "keepdim": True}, normal(2, 3))
    yield with_options("vector_norm", {}, normal(3, dtype=torch.complex64))
    yield with_options("matrix_norm", {}, normal(2, 3))
    for order in (1, -1, 2, "nuc"):
        yield with_options("matrix_norm", {"ord": order}, normal(2, 2))
    yield with_options("matrix_norm", {"dim": [2, 0], "keepdim": True}, normal(2, 1, 3))
