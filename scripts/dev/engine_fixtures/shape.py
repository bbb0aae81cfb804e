import torch

from .cases import layer, normal, transform


def cases():
    yield layer("Flatten", {}, normal(2, 3, 2))
    yield layer("Flatten", {"start_dim": 0, "end_dim": -2}, normal(2, 3, 2))
    yield transform("reshape", {"shape": [3, -1]}, [normal(2, 3, 2)], lambda x: x.reshape(3, -1))
    yield transform("view", {"shape": [-1]}, [normal(2, 3)], lambda x: x.view(-1))
    yield transform("flatten", {}, [normal(2, 3, 2)], torch.flatten)
    yield transform("flatten", {"start_dim": 1, "end_dim": 2}, [normal(2, 3, 2, 1)], lambda x: torch.flatten(x, 1, 2))
    yield transform("unflatten", {"dim": 1, "sizes": [2, -1]}, [normal(2, 6)], lambda x: torch.unflatten(x, 1, (2, -1)))
    yield transform("permute", {"dims": [2, 0, 1]}, [normal(2, 3, 4)], lambda x: x.permute(2, 0, 1))
    yield transform("transpose", {"dim0": 0, "dim1": -1}, [normal(2, 3, 2)], lambda x: x.transpose(0, -1))
    yield transform("squeeze", {}, [normal(2, 1, 3, 1)], torch.squeeze)
    yield transform("squeeze", {"dim": [1, 0]}, [normal(2, 1, 3, 1)], lambda x: torch.squeeze(x, (1, 0)))
    yield transform("unsqueeze", {"dim": -2}, [normal(2, 3)], lambda x: torch.unsqueeze(x, -2))
    yield transform("cat", {"dim": 1}, [normal(2, 1), normal(2, 3), normal(2, 2)], lambda *xs: torch.cat(xs, 1))
    yield transform("stack", {"dim": -1}, [normal(2, 2), normal(2, 2)], lambda *xs: torch.stack(xs, -1))
    yield transform("detach", {}, [normal(2)], lambda x: x.detach())
    yield transform("to", {"dtype": "float64"}, [normal(3)], lambda x: x.to(torch.float64))
    yield transform("to", {"dtype": "int64"}, [normal(3)], lambda x: x.to(torch.int64))
