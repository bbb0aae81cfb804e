import torch.nn.functional as F

from .cases import integers, layer, normal, transform


def cases():
    for axes in (1, 2, 3):
        widths = [1, 2, 0, 1, 2, 0][:2 * axes]
        cropping = [-1, 1, 1, -1, 0, -1][:2 * axes]
        for kind in ("Constant", "Zero", "Reflection", "Replication", "Circular"):
            options = {"value": 1.5} if kind == "Constant" else {}
            name = f"{kind}Pad{axes}d"
            yield layer(name, {"padding": widths, **options}, normal(1, 2, *[3] * axes))
            yield layer(name, {"padding": cropping, **options}, normal(1, *[3] * axes))
            yield layer(name, {"padding": 1, **options}, normal(1, *[2] * axes))
    yield transform("pad", {"pad": [1, 2]}, [normal(2, 3)], lambda x: F.pad(x, (1, 2)))
    yield transform("pad", {"pad": [1, -1, 0, 2], "value": -2}, [normal(3, 2)], lambda x: F.pad(x, (1, -1, 0, 2), value=-2))
    yield transform("pad", {"pad": [1, 0], "value": 3}, [integers(5, 3)], lambda x: F.pad(x, (1, 0), value=3))
    for mode in ("reflect", "replicate", "circular"):
        yield transform("pad", {"pad": [1, 2, 0, 1], "mode": mode}, [normal(1, 3, 4)],
                        lambda x, mode=mode: F.pad(x, (1, 2, 0, 1), mode=mode))
