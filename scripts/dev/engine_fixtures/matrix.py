import torch

from .cases import normal, transform


def cases():
    for left, right in (((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 1, 2, 3), (4, 3, 2))):
        yield transform("matmul", {}, [normal(*left), normal(*right)], torch.matmul)
