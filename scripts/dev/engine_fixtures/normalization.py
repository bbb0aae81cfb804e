from .cases import layer, normal


def cases():
    for training in (True, False):
        yield layer("BatchNorm2d", {"num_features": 2}, normal(3, 2, 2, 2), training=training)
        yield layer("BatchNorm2d", {"num_features": 2, "track_running_stats": False}, normal(3, 2, 2, 2), training=training)
    yield layer("BatchNorm2d", {"num_features": 2, "eps": 0.01, "affine": False}, normal(3, 2, 2, 2))
    yield layer("BatchNorm2d", {"num_features": 2, "momentum": 0.3}, normal(2, 2, 3, 1))
