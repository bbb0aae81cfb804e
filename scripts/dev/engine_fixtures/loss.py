import torch

from .cases import integers, layer, normal


def cases():
    for reduction in ("mean", "sum", "none"):
        yield layer("CrossEntropyLoss", {"reduction": reduction}, normal(4, 3), integers(3, 4))
        yield layer("NLLLoss", {"reduction": reduction}, normal(4, 3), integers(3, 4))
        yield layer("MSELoss", {"reduction": reduction}, normal(4, 3), normal(4, 3))
    yield layer("CrossEntropyLoss", {"label_smoothing": 0.2, "ignore_index": 1}, normal(5, 3), integers(3, 5))
    yield layer("CrossEntropyLoss", {}, normal(2, 3, 4), integers(3, 2, 4))
    yield layer("CrossEntropyLoss", {"label_smoothing": 0.1}, normal(4, 3), torch.softmax(normal(4, 3), 1).detach())
    yield layer("CrossEntropyLoss", {}, normal(3), integers(3))
    yield layer("NLLLoss", {"ignore_index": 2}, normal(2, 3, 2, 2), integers(3, 2, 2, 2))
