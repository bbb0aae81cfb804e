import torch.nn.functional as F

from .cases import layer, normal, transform


def sized(axes):
    return [4, 5, 3][:axes] if axes < 3 else [3, 4, 3]


def layers(axes):
    name = f"Conv{axes}d"
    kernel = 3 if axes < 3 else 2
    yield layer(name, {"in_channels": 2, "out_channels": 3, "kernel_size": kernel, "padding": 1},
                normal(2, 2, *[4, 5][:axes]) if axes < 3 else normal(1, 2, 2, 3, 2))
    yield layer(name, {"in_channels": 2, "out_channels": 2, "kernel_size": [3, 2, 2][:axes], "stride": [2, 1, 1][:axes],
                       "padding": [1, 0, 1][:axes], "dilation": [1, 2, 1][:axes], "groups": 2, "bias": False},
                normal(1, 2, *sized(axes)))
    yield layer(name, {"in_channels": 1, "out_channels": 2, "kernel_size": [2, 3, 1][:axes], "padding": "same"},
                normal(1, 1, *sized(axes)))
    yield layer(name, {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "padding": "valid"}, normal(1, *[3] * axes))
    for mode in ("reflect", "replicate", "circular"):
        yield layer(name, {"in_channels": 1, "out_channels": 1, "kernel_size": [3, 2, 2][:axes],
                           "padding": [2, 1, 1][:axes], "padding_mode": mode}, normal(1, 1, *[3] * axes))
    yield layer(name, {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "padding": "same", "padding_mode": "circular"},
                normal(1, 1, *[3] * axes))


def transposed_layers(axes):
    name = f"ConvTranspose{axes}d"
    yield layer(name, {"in_channels": 2, "out_channels": 3, "kernel_size": 3 if axes < 3 else 2}, normal(2, 2, *[3, 2, 2][:axes]))
    yield layer(name, {"in_channels": 2, "out_channels": 4, "kernel_size": [3, 2, 2][:axes], "stride": [2, 3, 2][:axes],
                       "padding": [1, 0, 1][:axes], "output_padding": [1, 2, 0][:axes], "groups": 2, "bias": False,
                       "dilation": [1, 2, 1][:axes]}, normal(1, 2, *[3, 2, 2][:axes]))
    yield layer(name, {"in_channels": 1, "out_channels": 1, "kernel_size": 2, "stride": 2}, normal(1, *[2] * axes))


def calls(axes):
    name = f"conv{axes}d"
    compute = getattr(F, name)
    yield transform(name, {}, [normal(2, 2, *sized(axes)), normal(3, 2, *[2] * axes), normal(3)], compute)
    yield transform(name, {"stride": 2, "padding": 1, "groups": 2}, [normal(1, 2, *sized(axes)), normal(2, 1, *[3, 3, 2][:axes]), None],
                    lambda x, w, b: compute(x, w, b, stride=2, padding=1, groups=2))
    yield transform(name, {"padding": "same", "dilation": 2}, [normal(1, *[3] * axes), normal(1, 1, *[2] * axes), None],
                    lambda x, w, b: compute(x, w, b, padding="same", dilation=2))
    name = f"conv_transpose{axes}d"
    spread = getattr(F, name)
    yield transform(name, {}, [normal(1, 2, *[2] * axes), normal(2, 3, *[2] * axes), normal(3)], spread)
    yield transform(name, {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "dilation": 2},
                    [normal(1, 2, *[2] * axes), normal(2, 1, *[3, 2, 2][:axes]), None],
                    lambda x, w, b: spread(x, w, b, stride=2, padding=1, output_padding=1, groups=2, dilation=2))


def cases():
    for axes in (1, 2, 3):
        yield from layers(axes)
        yield from transposed_layers(axes)
        yield from calls(axes)
    blocks = {"kernel_size": [2, 3], "dilation": [1, 2], "padding": [0, 1], "stride": [2, 1]}
    yield layer("Unfold", {"kernel_size": 2}, normal(2, 2, 3, 4))
    yield layer("Unfold", blocks, normal(1, 4, 5))
    yield layer("Fold", {"output_size": [3, 4], "kernel_size": 2}, normal(2, 8, 6))
    yield layer("Fold", {"output_size": [4, 5], **blocks}, normal(6, 6))
    yield transform("fold", {"output_size": [3, 4], "kernel_size": 2, "padding": 1}, [normal(1, 4, 20)],
                    lambda x: F.fold(x, (3, 4), 2, padding=1))
    yield transform("unfold", {"dimension": -1, "size": 3, "step": 2}, [normal(2, 8)], lambda x: x.unfold(-1, 3, 2))
