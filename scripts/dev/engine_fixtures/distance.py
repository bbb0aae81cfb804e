import torch
import torch.nn.functional as F

from .cases import layer, normal, transform


def cases():
    for options in ({}, {"dim": 0, "eps": 0.5}):
        yield layer("CosineSimilarity", options, normal(2, 3), normal(2, 3))
        yield transform("cosine_similarity", options, [normal(2, 3), normal(1, 3)],
                        lambda a, b, options=options: F.cosine_similarity(a, b, **options))
    for options in ({}, {"p": 1.0, "eps": 0.1, "keepdim": True}):
        yield layer("PairwiseDistance", options, normal(2, 3), normal(2, 3))
        yield transform("pairwise_distance", options, [normal(2, 3), normal(3)],
                        lambda a, b, options=options: F.pairwise_distance(a, b, **options))
    for options in ({}, {"p": 1.0}, {"compute_mode": "use_mm_for_euclid_dist"}, {"compute_mode": "donot_use_mm_for_euclid_dist"}):
        yield transform("cdist", options, [normal(2, 3, 2), normal(4, 2)],
                        lambda a, b, options=options: torch.cdist(a, b, **options))
    for options in ({}, {"p": 1.0}):
        yield transform("pdist", options, [normal(4, 2)], lambda x, options=options: F.pdist(x, **options))
