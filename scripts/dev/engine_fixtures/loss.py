import torch
import torch.nn.functional as F

from .cases import integers, layer, normal, positive, transform

REDUCTIONS = ("mean", "sum", "none")


def signs(*shape):
    return 2 * integers(2, *shape) - 1


def bits(*shape):
    return integers(2, *shape).float()


def probabilities(*shape):
    return torch.sigmoid(normal(*shape))


WEIGHTS = {"cross_entropy": 1, "nll_loss": 1, "multi_margin_loss": 1, "multilabel_soft_margin_loss": 1,
           "binary_cross_entropy": 1, "binary_cross_entropy_with_logits": 2}


def weights(keys, tensors):
    """Weights carry no gradient."""
    return {key: None if x is None else x.detach() for key, x in zip(keys, tensors)}


def both(name, function, options, *inputs):
    """The layer and the function, whose weights are further inputs."""
    yield layer(name, options, *[x.clone() for x in inputs])
    plain = {key: value for key, value in options.items() if not isinstance(value, torch.Tensor)}
    keys = ("weight", "pos_weight")[:WEIGHTS.get(function, 0)]
    ports = [options[key].clone() if key in options else None for key in keys]
    compute = getattr(F, function)
    yield transform(function, plain, [*inputs, *ports],
                    lambda *xs: compute(*xs[:len(inputs)], **plain, **weights(keys, xs[len(inputs):])))


def of_classes():
    weight = positive(3)
    for reduction in REDUCTIONS:
        for options in ({}, {"weight": weight}):
            options = options | {"reduction": reduction}
            yield from both("CrossEntropyLoss", "cross_entropy", options, normal(4, 3), integers(3, 4))
            yield from both("NLLLoss", "nll_loss", options, normal(4, 3), integers(3, 4))
            yield from both("MultiMarginLoss", "multi_margin_loss", options, normal(2, 3), integers(3, 2))
            yield from both("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", options, normal(2, 3), bits(2, 3))
        several = torch.tensor([[2, 0, -1], [1, -1, 0]])
        yield from both("MultiLabelMarginLoss", "multilabel_margin_loss", {"reduction": reduction}, normal(2, 3), several)
    cross = {"weight": weight, "label_smoothing": 0.2, "ignore_index": 1}
    yield from both("CrossEntropyLoss", "cross_entropy", cross, normal(5, 3), integers(3, 5))
    yield layer("CrossEntropyLoss", {}, normal(2, 3, 4), integers(3, 2, 4))
    yield layer("CrossEntropyLoss", {"label_smoothing": 0.1, "weight": weight}, normal(4, 3),
                torch.softmax(normal(4, 3), 1).detach())
    yield layer("CrossEntropyLoss", {}, normal(3), integers(3))
    yield layer("NLLLoss", {"ignore_index": 2}, normal(2, 3, 2, 2), integers(3, 2, 2, 2))
    yield from both("MultiMarginLoss", "multi_margin_loss", {"p": 2, "margin": 0.5}, normal(2, 3), integers(3, 2))
    yield layer("MultiMarginLoss", {}, normal(3), integers(3))
    yield layer("MultiLabelMarginLoss", {}, normal(3), torch.tensor([1, -1, 0]))
    yield layer("MultiLabelSoftMarginLoss", {"reduction": "none"}, normal(2, 2, 3), bits(2, 2, 3))


def of_sequences():
    for options in ({}, {"reduction": "sum", "blank": 2}, {"reduction": "none", "zero_infinity": True}):
        blank = options.get("blank", 0)
        targets = (blank + 1 + integers(2, 2, 2)) % 3
        yield from both("CTCLoss", "ctc_loss", options, torch.log_softmax(normal(4, 2, 3), 2), targets,
                        torch.tensor([4, 3]), torch.tensor([2, 1]))
    yield layer("CTCLoss", {}, torch.log_softmax(normal(4, 2, 3), 2), torch.tensor([1, 2, 1]), torch.tensor([4, 4]),
                torch.tensor([2, 1]))
    yield layer("CTCLoss", {}, torch.log_softmax(normal(4, 3), 1), torch.tensor([1, 2]), torch.tensor(4), torch.tensor(2))


def of_elements():
    for reduction in REDUCTIONS:
        options = {"reduction": reduction}
        for name, function, more in (("MSELoss", "mse_loss", {}), ("L1Loss", "l1_loss", {}),
                                     ("SmoothL1Loss", "smooth_l1_loss", {"beta": 0.5}), ("HuberLoss", "huber_loss", {"delta": 0.5})):
            yield from both(name, function, options | more, normal(2, 3), normal(2, 3))
        yield from both("SoftMarginLoss", "soft_margin_loss", options, normal(2, 3), signs(2, 3))
        yield from both("HingeEmbeddingLoss", "hinge_embedding_loss", options | {"margin": 0.7}, normal(2, 3), signs(2, 3))
    yield layer("SmoothL1Loss", {"beta": 0.0}, normal(3), normal(3))
    yield layer("SmoothL1Loss", {}, 2 * normal(3), normal(3))
    yield layer("HuberLoss", {}, 2 * normal(3), normal(3))


def of_likelihoods():
    for reduction in REDUCTIONS:
        options = {"reduction": reduction}
        for more in ({}, {"weight": positive(3)}):
            yield from both("BCELoss", "binary_cross_entropy", options | more, probabilities(2, 3), bits(2, 3))
        for more in ({}, {"weight": positive(2, 1)}, {"pos_weight": positive(3)}, {"weight": positive(3), "pos_weight": positive(3)}):
            yield from both("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", options | more, normal(2, 3), probabilities(2, 3))
        yield from both("PoissonNLLLoss", "poisson_nll_loss", options, normal(3), integers(5, 3).float())
        yield from both("GaussianNLLLoss", "gaussian_nll_loss", options, normal(2, 3), normal(2, 3), positive(2, 3))
    yield from both("PoissonNLLLoss", "poisson_nll_loss", {"log_input": False, "full": True, "eps": 0.01}, positive(4),
                    integers(5, 4).float())
    for var in ((2, 1), (2,)):
        yield from both("GaussianNLLLoss", "gaussian_nll_loss", {"full": True, "eps": 0.5}, normal(2, 3), normal(2, 3), positive(*var))
    for reduction in (*REDUCTIONS, "batchmean"):
        yield from both("KLDivLoss", "kl_div", {"reduction": reduction}, normal(2, 3), torch.softmax(normal(2, 3), 1))
        yield from both("KLDivLoss", "kl_div", {"reduction": reduction, "log_target": True}, normal(2, 3), normal(2, 3))


def of_vectors():
    for reduction in REDUCTIONS:
        options = {"reduction": reduction}
        yield from both("MarginRankingLoss", "margin_ranking_loss", options | {"margin": 0.3}, normal(2, 3), normal(2, 3), signs(2, 3))
        yield from both("CosineEmbeddingLoss", "cosine_embedding_loss", options | {"margin": -0.5}, normal(2, 3), normal(2, 3), signs(2))
        yield from both("TripletMarginLoss", "triplet_margin_loss", options, normal(2, 3), normal(2, 3), normal(2, 3))
    yield layer("CosineEmbeddingLoss", {}, normal(3), normal(3), signs())
    yield from both("TripletMarginLoss", "triplet_margin_loss", {"margin": 2.0, "p": 1.0, "eps": 0.01, "swap": True},
                    normal(2, 3), normal(2, 3), normal(2, 3))


def of_many_classes():
    options = {"in_features": 4, "n_classes": 9, "cutoffs": [2, 5], "div_value": 2.0}
    yield layer("AdaptiveLogSoftmaxWithLoss", options, normal(5, 4), torch.tensor([0, 3, 8, 1, 4]))
    yield layer("AdaptiveLogSoftmaxWithLoss", options | {"head_bias": True}, normal(2, 4), torch.tensor([1, 0]))
    yield layer("AdaptiveLogSoftmaxWithLoss", options, normal(4), torch.tensor(6))


def cases():
    for family in (of_classes, of_sequences, of_elements, of_likelihoods, of_vectors, of_many_classes):
        yield from family()
