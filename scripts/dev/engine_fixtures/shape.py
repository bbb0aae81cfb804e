import torch

from .cases import integers, layer, normal, transform

C64 = torch.complex64

# name, options, inputs, PyTorch's word
CASES = [
    ("reshape", {"shape": [3, -1]}, [(2, 3, 2)], lambda x: x.reshape(3, -1)),
    ("view", {"shape": [-1]}, [(2, 3)], lambda x: x.view(-1)),
    ("flatten", {}, [(2, 3, 2)], torch.flatten),
    ("flatten", {"start_dim": 1, "end_dim": 2}, [(2, 3, 2, 1)], lambda x: torch.flatten(x, 1, 2)),
    ("unflatten", {"dim": 1, "sizes": [2, -1]}, [(2, 6)], lambda x: torch.unflatten(x, 1, (2, -1))),
    ("permute", {"dims": [2, 0, 1]}, [(2, 3, 4)], lambda x: x.permute(2, 0, 1)),
    ("transpose", {"dim0": 0, "dim1": -1}, [(2, 3, 2)], lambda x: x.transpose(0, -1)),
    ("swapaxes", {"axis0": 0, "axis1": -1}, [(2, 3, 2)], lambda x: x.swapaxes(0, -1)),
    ("swapdims", {"dim0": 1, "dim1": 0}, [(2, 3)], lambda x: x.swapdims(1, 0)),
    ("squeeze", {}, [(2, 1, 3, 1)], torch.squeeze),
    ("squeeze", {"dim": [1, 0]}, [(2, 1, 3, 1)], lambda x: torch.squeeze(x, (1, 0))),
    ("unsqueeze", {"dim": -2}, [(2, 3)], lambda x: torch.unsqueeze(x, -2)),
    ("t", {}, [(2, 3)], torch.t),
    ("movedim", {"source": [0], "destination": [-1]}, [(2, 3, 2)], lambda x: x.movedim(0, -1)),
    ("movedim", {"source": [0, 1], "destination": [2, 0]}, [(2, 3, 2)], lambda x: x.movedim((0, 1), (2, 0))),
    ("moveaxis", {"source": [2], "destination": [0]}, [(2, 3, 2)], lambda x: x.moveaxis(2, 0)),
    ("ravel", {}, [(2, 3)], torch.ravel),
    ("contiguous", {}, [(2, 3)], lambda x: x.contiguous()),
    ("clone", {}, [(2, 3)], torch.clone),
    ("view_as", {}, [(2, 3), (3, 2)], lambda x, other: x.view_as(other)),
    ("reshape_as", {}, [(2, 3), (6,)], lambda x, other: x.reshape_as(other)),
    ("float", {}, [(3,)], lambda x: x.float()),
    ("double", {}, [(3,)], lambda x: x.double()),
    ("half", {}, [(3,)], lambda x: x.half()),
    ("bfloat16", {}, [(3,)], lambda x: x.bfloat16()),
    ("long", {}, [(3,)], lambda x: x.long()),
    ("int", {}, [(3,)], lambda x: x.int()),
    ("bool", {}, [(3,)], lambda x: x.bool()),
    ("detach", {}, [(2,)], lambda x: x.detach()),
    ("to", {"dtype": "float64"}, [(3,)], lambda x: x.to(torch.float64)),
    ("to", {"dtype": "int64"}, [(3,)], lambda x: x.to(torch.int64)),
    ("cat", {"dim": 1}, [(2, 1), (2, 3), (2, 2)], lambda *xs: torch.cat(xs, 1)),
    ("stack", {"dim": -1}, [(2, 2), (2, 2)], lambda *xs: torch.stack(xs, -1)),
    ("hstack", {}, [(2, 1), (2, 3)], lambda *xs: torch.hstack(xs)),
    ("hstack", {}, [(2,), ()], lambda *xs: torch.hstack(xs)),
    ("vstack", {}, [(3,), (2, 3)], lambda *xs: torch.vstack(xs)),
    ("dstack", {}, [(3,), (1, 3, 2)], lambda *xs: torch.dstack(xs)),
    ("atleast_1d", {}, [()], torch.atleast_1d),
    ("atleast_2d", {}, [(3,)], torch.atleast_2d),
    ("atleast_3d", {}, [(2, 3)], torch.atleast_3d),
    ("meshgrid", {}, [(2,), (3,)], lambda *xs: torch.meshgrid(*xs, indexing="ij")),
    ("meshgrid", {"indexing": "xy"}, [(2,), (3,), (2,)], lambda *xs: torch.meshgrid(*xs, indexing="xy")),
    ("cartesian_prod", {}, [(2,), (3,)], torch.cartesian_prod),
    ("combinations", {}, [(4,)], torch.combinations),
    ("combinations", {"r": 3, "with_replacement": True}, [(2,)], lambda x: torch.combinations(x, 3, True)),
    ("block_diag", {}, [(2, 1), (3,), ()], torch.block_diag),
    ("split", {"split_size_or_sections": [2]}, [(5, 2)], lambda x: torch.split(x, 2)),
    ("split", {"split_size_or_sections": [1, 3], "dim": 1}, [(2, 4)], lambda x: torch.split(x, [1, 3], 1)),
    ("chunk", {"chunks": 3, "dim": -1}, [(2, 7)], lambda x: torch.chunk(x, 3, -1)),
    ("tensor_split", {"indices_or_sections": 3}, [(7,)], lambda x: torch.tensor_split(x, 3)),
    ("tensor_split", {"indices_or_sections": [1, 3], "dim": 1}, [(2, 4)], lambda x: torch.tensor_split(x, (1, 3), 1)),
    ("unbind", {"dim": 1}, [(2, 3)], lambda x: torch.unbind(x, 1)),
    ("expand", {"size": [2, -1, 3]}, [(2, 1)], lambda x: x.expand(2, -1, 3)),
    ("broadcast_to", {"size": [2, 3]}, [(3,)], lambda x: torch.broadcast_to(x, (2, 3))),
    ("expand_as", {}, [(2, 1), (2, 3)], lambda x, other: x.expand_as(other)),
    ("repeat", {"repeats": [2, 1, 2]}, [(2, 2)], lambda x: x.repeat(2, 1, 2)),
    ("tile", {"dims": [2]}, [(2, 2)], lambda x: torch.tile(x, (2,))),
    ("repeat_interleave", {"repeats": 2}, [(2, 2), None], lambda x, _: torch.repeat_interleave(x, 2)),
    ("repeat_interleave", {"repeats": 3, "dim": 1}, [(2, 2), None], lambda x, _: torch.repeat_interleave(x, 3, 1)),
    ("flip", {"dims": [0, -1]}, [(2, 3)], lambda x: torch.flip(x, (0, -1))),
    ("fliplr", {}, [(2, 3)], torch.fliplr),
    ("flipud", {}, [(2, 3)], torch.flipud),
    ("roll", {"shifts": [2]}, [(2, 3)], lambda x: torch.roll(x, 2)),
    ("roll", {"shifts": [1, -1], "dims": [0, 1]}, [(2, 3)], lambda x: torch.roll(x, (1, -1), (0, 1))),
    ("rot90", {}, [(2, 3)], torch.rot90),
    ("rot90", {"k": -2, "dims": [0, 2]}, [(2, 1, 2)], lambda x: torch.rot90(x, -2, (0, 2))),
    ("tril", {}, [(3, 3)], torch.tril),
    ("tril", {"diagonal": -1}, [(2, 2, 3)], lambda x: torch.tril(x, -1)),
    ("triu", {}, [(3, 3)], torch.triu),
    ("triu", {"diagonal": 1}, [(3, 2)], lambda x: torch.triu(x, 1)),
    ("diag", {}, [(3,)], torch.diag),
    ("diag", {"diagonal": 1}, [(3, 3)], lambda x: torch.diag(x, 1)),
    ("diagonal", {"offset": -1, "dim1": 2, "dim2": 0}, [(2, 2, 3)], lambda x: torch.diagonal(x, -1, 2, 0)),
    ("diag_embed", {}, [(2, 2)], torch.diag_embed),
    ("diag_embed", {"offset": 1, "dim1": 0, "dim2": 2}, [(2, 2)], lambda x: torch.diag_embed(x, 1, 0, 2)),
    ("diagflat", {"offset": -1}, [(1, 2)], lambda x: torch.diagflat(x, -1)),
]


def cases():
    yield layer("Flatten", {}, normal(2, 3, 2))
    yield layer("Flatten", {"start_dim": 0, "end_dim": -2}, normal(2, 3, 2))
    yield layer("Unflatten", {"dim": 1, "unflattened_size": [2, -1]}, normal(2, 4))
    for name, options, shapes, compute in CASES:
        yield transform(name, options, [s if s is None else normal(*s) for s in shapes], compute)
    yield transform("adjoint", {}, [normal(2, 3, dtype=C64)], torch.adjoint)
    yield transform("cat", {}, [normal(2, dtype=C64), normal(1)], lambda *xs: torch.cat(xs))
    yield transform("type_as", {}, [normal(3), normal(1, dtype=torch.float64)], lambda x, other: x.type_as(other))
    yield transform("repeat_interleave", {"dim": 0}, [normal(3, 2), torch.tensor([2, 0, 1])],
                    lambda x, n: torch.repeat_interleave(x, n, 0))
    yield transform("repeat_interleave", {"output_size": 4}, [integers(9, 2), torch.tensor([2])],
                    lambda x, n: torch.repeat_interleave(x, n, output_size=4))
    yield transform("expect", {"shape": [2, -1], "dtype": "float32", "range": [-9.0, 9.0]}, [normal(2, 3)],
                    lambda x: x.view_as(x))
