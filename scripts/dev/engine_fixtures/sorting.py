import torch

from .cases import integers, normal, transform


def cases():
    yield transform("sort", {}, [normal(2, 3)], torch.sort)
    falling = {"dim": 0, "descending": True, "stable": True}
    yield transform("sort", falling, [normal(3, 2)], lambda x: torch.sort(x, **falling))
    yield transform("argsort", {"dim": 0, "descending": True}, [normal(3, 2)], lambda x: torch.argsort(x, 0, True))
    yield transform("argsort", {"stable": True}, [integers(2, 5)], lambda x: torch.argsort(x, stable=True))
    yield transform("msort", {}, [normal(3, 2)], torch.msort)
    yield transform("topk", {"k": 2}, [normal(2, 4)], lambda x: torch.topk(x, 2))
    least = {"k": 1, "dim": 0, "largest": False, "sorted": False}
    yield transform("topk", least, [normal(3, 2)], lambda x: torch.topk(x, **least))
    yield transform("kthvalue", {"k": 2}, [normal(2, 3)], lambda x: torch.kthvalue(x, 2))
    yield transform("kthvalue", {"k": 1, "dim": 0, "keepdim": True}, [normal(3, 2)],
                    lambda x: torch.kthvalue(x, 1, 0, True))
    edges = torch.tensor([1, 3, 5])
    yield transform("bucketize", {}, [integers(7, 2, 3), edges], torch.bucketize)
    yield transform("bucketize", {"out_int32": True, "right": True}, [integers(7, 4), edges],
                    lambda x, b: torch.bucketize(x, b, out_int32=True, right=True))
    rows = torch.tensor([[1, 3, 5], [2, 4, 6]])
    yield transform("searchsorted", {}, [rows, integers(7, 2, 2)], torch.searchsorted)
    yield transform("searchsorted", {"side": "right", "out_int32": True}, [edges, integers(7, 3)],
                    lambda s, x: torch.searchsorted(s, x, side="right", out_int32=True))
    yield transform("searchsorted", {"input": 3, "right": True}, [edges, None],
                    lambda s, _: torch.searchsorted(s, 3, right=True))
