from .cases import layer, normal


def cases():
    for training in (True, False):
        yield layer("Dropout", {"p": 0.4}, normal(4, 6), training=training, seed=5)
