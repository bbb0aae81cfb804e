from .cases import layer, normal


def cases():
    yield layer("Conv2d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "padding": 1}, normal(2, 2, 4, 5))
    yield layer("Conv2d", {"in_channels": 2, "out_channels": 4, "kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 0],
                           "dilation": [1, 2], "groups": 2, "bias": False}, normal(1, 2, 6, 5))
    yield layer("Conv2d", {"in_channels": 1, "out_channels": 2, "kernel_size": [2, 3], "padding": "same"}, normal(1, 1, 4, 4))
    yield layer("Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "padding": "valid"}, normal(1, 3, 3))
