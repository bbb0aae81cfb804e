import torch.nn.functional as F

from .cases import layer, normal, transform

BATCH = {"BatchNorm1d": (3, 2, 2), "BatchNorm2d": (3, 2, 2, 1), "BatchNorm3d": (3, 2, 1, 2, 1), "SyncBatchNorm": (3, 2, 2)}
INSTANCE = {"InstanceNorm1d": (2, 2, 3), "InstanceNorm2d": (2, 2, 3, 1), "InstanceNorm3d": (2, 2, 1, 3, 1)}


def channels(shapes, features):
    for name, shape in shapes.items():
        for training in (True, False):
            for options in ({}, {"track_running_stats": True}, {"track_running_stats": False}):
                yield layer(name, features | options, normal(*shape), training=training)
        for options in ({"affine": False, "eps": 0.01}, {"affine": True, "track_running_stats": True, "momentum": 0.3}):
            yield layer(name, features | options, normal(*shape))
        yield layer(name, features | {"momentum": None, "track_running_stats": True}, normal(*shape),
                    ours={"momentum": "cumulative"})


def cases():
    features = {"num_features": 2}
    yield from channels(BATCH, features)
    yield layer("BatchNorm1d", features, normal(3, 2))
    yield from channels(INSTANCE, features)
    for name, shape in INSTANCE.items():
        yield layer(name, features, normal(*shape[1:]))
    for options in ({}, {"bias": False}, {"elementwise_affine": False, "eps": 0.1}):
        yield layer("LayerNorm", {"normalized_shape": [3]} | options, normal(2, 2, 3))
    yield layer("LayerNorm", {"normalized_shape": [2, 3]}, normal(2, 2, 3))
    for options in ({}, {"eps": 0.1}, {"elementwise_affine": False}):
        yield layer("RMSNorm", {"normalized_shape": [3]} | options, normal(2, 3))
    yield layer("RMSNorm", {"normalized_shape": [2, 3]}, normal(2, 2, 3))
    groups = {"num_groups": 2, "num_channels": 4}
    for options in ({}, {"affine": False, "eps": 0.1}):
        yield layer("GroupNorm", groups | options, normal(2, 4, 2))
    yield layer("GroupNorm", groups, normal(2, 4))
    for shape in ((1, 4, 3), (2, 4, 1, 2), (1, 4, 1, 2, 1)):
        yield layer("LocalResponseNorm", {"size": 3}, normal(*shape))
    yield layer("LocalResponseNorm", {"size": 2, "alpha": 0.3, "beta": 0.5, "k": 2.0}, normal(1, 3, 2, 2))
    yield transform("normalize", {}, [normal(2, 3)], F.normalize)
    yield transform("normalize", {"p": 1.0, "dim": 0, "eps": 2.5}, [normal(2, 3)], lambda x: F.normalize(x, 1.0, 0, 2.5))
