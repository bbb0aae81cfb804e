import torch

from .cases import integers, layer, normal


def bag(options, indices, offsets=None, weights=None):
    sizes = {"num_embeddings": 5, "embedding_dim": 2}
    return layer("EmbeddingBag", sizes | options, indices, offsets, weights)


def cases():
    table = {"num_embeddings": 5, "embedding_dim": 3}
    for options in ({}, {"padding_idx": 1}, {"padding_idx": -1}, {"max_norm": 1.0}, {"max_norm": 0.5, "norm_type": 1.0},
                    {"scale_grad_by_freq": True}):
        yield layer("Embedding", table | options, integers(5, 2, 3))
    yield layer("Embedding", table, integers(5, 4, dtype=torch.int32))
    yield layer("Embedding", table, integers(5))
    for mode in ("sum", "mean", "max"):
        yield bag({"mode": mode}, integers(5, 2, 3))
        yield bag({"mode": mode, "padding_idx": 2}, integers(5, 6), torch.tensor([0, 2, 2]))
    yield bag({"include_last_offset": True}, integers(5, 6), torch.tensor([0, 2, 6]))
    yield bag({"mode": "sum"}, integers(5, 2, 3), None, normal(2, 3))
    yield bag({"mode": "sum"}, integers(5, 4), torch.tensor([0, 3]), normal(4))
    yield bag({"max_norm": 0.5, "scale_grad_by_freq": True}, integers(5, 2, 3))
