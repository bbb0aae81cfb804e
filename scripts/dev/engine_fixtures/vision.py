import torch
import torch.nn.functional as F

from .cases import case, layer, normal, transform


def shuffles():
    for name, function, options, shape in (
        ("PixelShuffle", "pixel_shuffle", {"upscale_factor": 2}, (2, 8, 2, 3)),
        ("PixelUnshuffle", "pixel_unshuffle", {"downscale_factor": 2}, (2, 2, 4, 6)),
        ("ChannelShuffle", "channel_shuffle", {"groups": 3}, (1, 6, 2, 2)),
    ):
        yield layer(name, options, normal(*shape))
        yield transform(function, options, [normal(*shape)], lambda x: getattr(F, function)(x, *options.values()))


def resized(options, *shape):
    """The options, with tuples where PyTorch wants as many entries as axes."""
    given = {key: tuple(value) if isinstance(value, list) and len(value) > 1 else value for key, value in options.items()}
    given = {key: value[0] if isinstance(value, list) else value for key, value in given.items()}
    for key in ("scale_factor", "size"):
        if key in options and not isinstance(options[key], list):
            options = {**options, key: [options[key]]}
    yield transform("interpolate", options, [normal(*shape)], lambda x: F.interpolate(x, **given))
    if "antialias" in options:
        return
    module = torch.nn.Upsample(**given)
    yield case("Upsample", options, [normal(*shape)], lambda xs: module(*xs))


def resizings():
    shapes = {1: (1, 2, 5), 2: (1, 2, 4, 3), 3: (1, 1, 2, 3, 2)}
    for mode, axes in (("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3)):
        yield from resized({"scale_factor": 2, "mode": mode}, *shapes[axes])
        yield from resized({"size": [3, 5, 4][:axes], "mode": mode, "align_corners": True}, *shapes[axes])
    for mode in ("nearest", "nearest-exact", "area"):
        for axes in (1, 2, 3):
            yield from resized({"size": [3, 5, 4][:axes], "mode": mode}, *shapes[axes])
    yield from resized({"scale_factor": 1.7}, *shapes[2])
    yield from resized({"scale_factor": [0.6, 2.5], "mode": "bilinear"}, *shapes[2])
    yield from resized({"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}, *shapes[2])
    yield from resized({"scale_factor": 0.7, "mode": "area"}, *shapes[2])
    for mode in ("bilinear", "bicubic"):
        yield from resized({"size": [2, 2], "mode": mode, "antialias": True}, 1, 1, 6, 5)
    for name in ("UpsamplingNearest2d", "UpsamplingBilinear2d"):
        yield layer(name, {"size": [3, 4]}, normal(1, 2, 2, 3))
        module = getattr(torch.nn, name)(scale_factor=2)
        yield case(name, {"scale_factor": [2]}, [normal(1, 1, 2, 3)], lambda xs: module(*xs))


def sampling():
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            options = {"mode": mode, "padding_mode": padding, "align_corners": padding == "border"}
            yield transform("grid_sample", options, [normal(1, 2, 3, 4), normal(1, 2, 3, 2)],
                            lambda x, g: F.grid_sample(x, g, **options))
    yield transform("grid_sample", {}, [normal(1, 1, 3, 2, 4), normal(1, 2, 2, 1, 3)], F.grid_sample)
    yield transform("affine_grid", {"size": [2, 1, 2, 3]}, [normal(2, 2, 3)], lambda t: F.affine_grid(t, (2, 1, 2, 3)))
    yield transform("affine_grid", {"size": [1, 1, 2, 3, 2], "align_corners": True}, [normal(1, 3, 4)],
                    lambda t: F.affine_grid(t, (1, 1, 2, 3, 2), align_corners=True))


def normalized(x, mean, std):
    return (x - torch.tensor(mean).reshape(-1, 1, 1)) / torch.tensor(std).reshape(-1, 1, 1)


def gram(x):
    a, b, c, d = x.shape
    features = x.view(a * b, c * d)
    return torch.mm(features, features.t()).div(a * b * c * d)


def predecessors():
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    yield case("Normalize", {}, [normal(2, 3, 2, 2)], lambda xs: normalized(*xs, mean, std))
    yield case("Normalize", {"mean": [0.5], "std": [0.25]}, [normal(2, 2, 2)], lambda xs: normalized(*xs, [0.5], [0.25]))
    yield case("ClampData", {}, [normal(2, 4)], lambda xs: torch.clamp(*xs, 0, 1))
    yield case("ClampData", {"min": -0.5, "max": 0.25}, [normal(6)], lambda xs: torch.clamp(*xs, -0.5, 0.25))
    yield case("GetGramMatrix", {}, [normal(1, 3, 2, 2)], lambda xs: gram(*xs))
    yield case("Adder", {}, [normal(2, 3), normal(3), normal(2, 1)], lambda xs: sum(xs))


def cases():
    yield from shuffles()
    yield from resizings()
    yield from sampling()
    yield from predecessors()
