import torch

from .cases import integers, normal, transform


def cases():
    yield transform("select", {"dim": 1, "index": -1}, [normal(2, 3)], lambda x: x.select(1, -1))
    yield transform("narrow", {"dim": 0, "start": 1, "length": 2}, [normal(4, 2)], lambda x: x.narrow(0, 1, 2))
    yield transform("slice", {"dim": 1, "start": -4, "end": 4, "step": 2}, [normal(2, 5)], lambda x: x[:, -4:4:2])
    yield transform("slice", {"start": 1}, [normal(3, 2)], lambda x: x[1:])
    yield from by_value()
    yield from masks()


def by_value():
    index = torch.tensor([[0, 2], [1, 0]])
    yield transform("gather", {"dim": 1}, [normal(2, 3), index], lambda x, i: torch.gather(x, 1, i))
    yield transform("gather", {"dim": -2}, [normal(3, 2), index[:1]], lambda x, i: torch.gather(x, -2, i))
    row = torch.tensor([2, 0])
    yield transform("index_select", {"dim": 1}, [normal(2, 3), row], lambda x, i: torch.index_select(x, 1, i))
    yield transform("scatter", {"dim": 1}, [normal(2, 3), index, normal(2, 2)],
                    lambda x, i, s: torch.scatter(x, 1, i, s))
    yield transform("scatter", {"dim": 1, "src": 2.5}, [normal(2, 3), index, None],
                    lambda x, i, _: torch.scatter(x, 1, i, 2.5))
    yield transform("scatter", {"dim": 1, "reduce": "add", "src": 1}, [integers(9, 2, 3), index, None],
                    lambda x, i, _: torch.scatter(x, 1, i, 1, reduce="add"))
    yield transform("scatter", {"dim": 1, "reduce": "multiply"}, [integers(9, 2, 3), index, integers(9, 2, 2)],
                    lambda x, i, s: torch.scatter(x, 1, i, s, reduce="multiply"))
    yield transform("scatter_add", {"dim": 1}, [normal(2, 3), index, normal(2, 2)],
                    lambda x, i, s: torch.scatter_add(x, 1, i, s))
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for included in (True, False):
            yield transform("scatter_reduce", {"dim": 0, "reduce": reduce, "include_self": included},
                            [normal(3), torch.tensor([0, 0, 2]), normal(3)],
                            lambda x, i, s, r=reduce, n=included: torch.scatter_reduce(x, 0, i, s, r, include_self=n))
    yield transform("index_add", {"dim": 1, "alpha": 0.5}, [normal(2, 3), row, normal(2, 2)],
                    lambda x, i, s: torch.index_add(x, 1, i, s, alpha=0.5))
    yield transform("index_copy", {"dim": 1}, [normal(2, 3), row, normal(2, 2)],
                    lambda x, i, s: torch.index_copy(x, 1, i, s))
    yield transform("index_fill", {"dim": 0, "value": 0.5}, [normal(3, 2), row, None],
                    lambda x, i, _: torch.index_fill(x, 0, i, 0.5))
    yield transform("index_fill", {"dim": 0}, [normal(3, 2), row, normal()],
                    lambda x, i, v: torch.index_fill(x, 0, i, v))
    yield transform("take", {}, [normal(2, 3), torch.tensor([[0, 5]])], torch.take)
    yield transform("take_along_dim", {"dim": 1}, [normal(2, 3), torch.tensor([[2]])],
                    lambda x, i: torch.take_along_dim(x, i, 1))
    yield transform("take_along_dim", {}, [normal(2, 3), torch.tensor([[5, 1]])], torch.take_along_dim)
    yield transform("select_scatter", {"dim": 1, "index": -1}, [normal(2, 3), normal(2)],
                    lambda x, s: torch.select_scatter(x, s, 1, -1))
    yield transform("slice_scatter", {"dim": 1, "start": 1, "step": 2}, [normal(2, 4), normal(2, 2)],
                    lambda x, s: torch.slice_scatter(x, s, 1, 1, None, 2))


def masks():
    mask = torch.tensor([[True, False, True], [False, False, True]])
    index, pair = torch.tensor([1, 0]), torch.tensor([[0], [1]])
    yield transform("masked_select", {}, [normal(2, 3), mask], torch.masked_select)
    yield transform("masked_scatter", {}, [normal(2, 3), mask, normal(4)], torch.masked_scatter)
    yield transform("index", {}, [normal(2, 3), index], lambda x, i: x[i])
    yield transform("index", {}, [normal(2, 3), pair, index], lambda x, i, j: x[i, j])
    yield transform("index", {"dims": [0, 2]}, [normal(2, 1, 2), index, index], lambda x, i, j: x[i, :, j])
    yield transform("index", {"dims": [1]}, [normal(2, 2, 3), mask], lambda x, m: x[:, m])
    yield transform("index_put", {}, [normal(3, 2), normal(2), index],
                    lambda x, v, i: torch.index_put(x, (i,), v))
    yield transform("index_put", {"accumulate": True}, [normal(2, 3), normal(), torch.tensor([1, 1])],
                    lambda x, v, i: torch.index_put(x, (i,), v, accumulate=True))
    yield transform("index_put", {"dims": [0]}, [normal(2, 3), normal(1), mask],
                    lambda x, v, m: torch.index_put(x, (m,), v))
    holes = integers(2, 2, 3)
    yield transform("nonzero", {}, [holes], torch.nonzero)
    yield transform("nonzero", {"as_tuple": True}, [holes], lambda x: torch.nonzero(x, as_tuple=True))
    yield transform("argwhere", {}, [holes], torch.argwhere)
    few = integers(3, 2, 4)
    yield transform("unique", {}, [few], torch.unique)
    yield transform("unique", {"return_inverse": True, "return_counts": True}, [few],
                    lambda x: torch.unique(x, return_inverse=True, return_counts=True))
    yield transform("unique", {"return_counts": True, "dim": 1}, [few],
                    lambda x: torch.unique(x, return_counts=True, dim=1))
    yield transform("unique_consecutive", {"return_inverse": True}, [few],
                    lambda x: torch.unique_consecutive(x, return_inverse=True))
    yield transform("unique_consecutive", {"return_counts": True, "dim": 1}, [few],
                    lambda x: torch.unique_consecutive(x, return_counts=True, dim=1))
    yield transform("one_hot", {"num_classes": 4}, [integers(3, 2, 2)], lambda x: torch.nn.functional.one_hot(x, 4))
    yield transform("one_hot", {}, [integers(3, 3)], torch.nn.functional.one_hot)
