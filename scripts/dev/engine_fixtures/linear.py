from .cases import layer, normal


def cases():
    yield layer("Linear", {"in_features": 4, "out_features": 3}, normal(2, 4))
    yield layer("Linear", {"in_features": 4, "out_features": 3, "bias": False}, normal(2, 3, 4))
    yield layer("Linear", {"in_features": 3, "out_features": 2}, normal(3))
    sizes = {"in1_features": 2, "in2_features": 3, "out_features": 2}
    yield layer("Bilinear", sizes, normal(2, 2, 2), normal(2, 2, 3))
    yield layer("Bilinear", sizes | {"bias": False}, normal(2), normal(3))
    yield layer("Identity", {}, normal(2, 3))
