import torch.nn.functional as F

from .cases import layer, normal, transform

SHAPES = {
    "Dropout": ((4, 6),),
    "Dropout1d": ((2, 4, 2), (5, 2)),
    "Dropout2d": ((2, 4, 1, 2), (2, 4, 2)),
    "Dropout3d": ((2, 4, 1, 1, 2), (5, 2, 1, 1)),
    "AlphaDropout": ((4, 6),),
    "FeatureAlphaDropout": ((3, 4, 2),),
}
METHODS = {
    "Dropout": "dropout",
    "Dropout1d": "dropout1d",
    "Dropout2d": "dropout2d",
    "Dropout3d": "dropout3d",
    "AlphaDropout": "alpha_dropout",
    "FeatureAlphaDropout": "feature_alpha_dropout",
}


def cases():
    for name, shapes in SHAPES.items():
        compute = getattr(F, METHODS[name])
        for shape in shapes:
            for training in (True, False):
                yield layer(name, {"p": 0.4}, normal(*shape), training=training, seed=5)
            for training in (True, False):
                yield transform(METHODS[name], {"p": 0.4, "training": training}, [normal(*shape)],
                                lambda x, compute=compute, training=training: compute(x, 0.4, training), seed=5)
        yield transform(METHODS[name], {}, [normal(*shapes[0])], compute, seed=5)
