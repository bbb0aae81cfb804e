from .cases import layer, normal


def cases():
    yield layer("MaxPool2d", {"kernel_size": 2}, normal(2, 2, 4, 5))
    yield layer("MaxPool2d", {"kernel_size": [3, 2], "stride": 1, "padding": 1, "ceil_mode": True}, normal(1, 2, 5, 5))
    yield layer("MaxPool2d", {"kernel_size": 2, "stride": 2, "dilation": 2}, normal(2, 6, 6))
    yield layer("AvgPool2d", {"kernel_size": 2}, normal(2, 2, 4, 5))
    yield layer("AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
                normal(1, 2, 6, 6))
    yield layer("AvgPool2d", {"kernel_size": 2, "divisor_override": 3}, normal(1, 4, 4))
    yield layer("AdaptiveAvgPool2d", {"output_size": [2, 3]}, normal(2, 2, 5, 7))
