import torch
import torch.nn.functional as F

from .cases import case, layer, normal, transform


def sized(axes):
    return [4, 5, 3][3 - axes:]


def windows(axes):
    d = f"{axes}d"
    size = [7] if axes == 1 else sized(axes)
    for options in ({"kernel_size": 2}, {"kernel_size": [3, 2, 2][:axes], "stride": 1, "padding": 1, "ceil_mode": True},
                    {"kernel_size": 2, "stride": 1, "dilation": 2, "return_indices": True}):
        yield layer("MaxPool" + d, options, normal(1, 2, *size))
        yield transform("max_pool" + d, options, [normal(2, *size)], lambda x: getattr(F, "max_pool" + d)(x, **options))
    average = [{"kernel_size": 2},
               {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}]
    if axes > 1:
        average.append({"kernel_size": 2, "divisor_override": 3})
    for options in average:
        yield layer("AvgPool" + d, options, normal(1, 2, *size))
        yield transform("avg_pool" + d, options, [normal(2, *size)], lambda x: getattr(F, "avg_pool" + d)(x, **options))
    for options in ({"norm_type": 2, "kernel_size": 2}, {"norm_type": 3, "kernel_size": 2, "stride": 1},
                    {"norm_type": 1.5, "kernel_size": 3 if axes < 3 else 2, "stride": 2, "ceil_mode": True}):
        yield layer("LPPool" + d, options, normal(1, 2, *size).abs() + 0.1)
    yield transform("lp_pool" + d, {"norm_type": 2, "kernel_size": 2}, [normal(2, *size)],
                    lambda x: getattr(F, "lp_pool" + d)(x, 2.0, 2))


def adaptive(axes):
    d = f"{axes}d"
    size = [2, 3, 2][:axes]
    yield layer("AdaptiveAvgPool" + d, {"output_size": size}, normal(2, 2, *sized(axes)))
    yield layer("AdaptiveAvgPool" + d, {"output_size": 1}, normal(2, *sized(axes)))
    if axes > 1:
        module = getattr(torch.nn, "AdaptiveAvgPool" + d)([None, 2, 1][:axes])
        yield case("AdaptiveAvgPool" + d, {"output_size": [-1, 2, 1][:axes]}, [normal(1, 2, *sized(axes))],
                   lambda xs: module(*xs))
    yield transform("adaptive_avg_pool" + d, {"output_size": size}, [normal(2, *sized(axes))],
                    lambda x: getattr(F, "adaptive_avg_pool" + d)(x, size))
    for indices in (False, True):
        options = {"output_size": size, "return_indices": indices}
        yield layer("AdaptiveMaxPool" + d, options, normal(1, 2, *sized(axes)))
        yield transform("adaptive_max_pool" + d, options, [normal(2, *sized(axes))],
                        lambda x: getattr(F, "adaptive_max_pool" + d)(x, **options))


def fractional(axes):
    d = f"{axes}d"
    by_size = {"kernel_size": 2, "output_size": [2] * axes}
    by_ratio = {"kernel_size": 2, "output_ratio": [0.5, 0.6, 0.5][:axes], "return_indices": True}
    for options in (by_size, by_ratio):
        yield layer("FractionalMaxPool" + d, options, normal(1, 2, *[5] * axes), seed=3)
        yield case("fractional_max_pool" + d, options, [normal(2, *[5] * axes)],
                   lambda xs: getattr(F, "fractional_max_pool" + d)(xs[0], **options), seed=4)


def unpool(axes):
    d = f"{axes}d"
    pool, spread = getattr(F, "max_pool" + d), getattr(F, "max_unpool" + d)
    y, indices = pool(normal(1, 2, *[4] * axes), 2, return_indices=True)
    yield layer("MaxUnpool" + d, {"kernel_size": 2}, y, indices)
    y, indices = pool(normal(1, 1, *[5] * axes), 2, return_indices=True)
    yield transform("max_unpool" + d, {"kernel_size": 2, "output_size": [5] * axes}, [y.detach().clone(), indices],
                    lambda y, i: spread(y, i, 2, output_size=[5] * axes))
    y, indices = pool(normal(2, *[5] * axes), 3, 2, 1, return_indices=True)
    yield layer("MaxUnpool" + d, {"kernel_size": 3, "stride": 2, "padding": 1}, y, indices)


def cases():
    for axes in (1, 2, 3):
        yield from windows(axes)
        yield from adaptive(axes)
        if axes > 1:
            yield from fractional(axes)
        yield from unpool(axes)
