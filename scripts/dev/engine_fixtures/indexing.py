from .cases import normal, transform


def cases():
    yield transform("select", {"dim": 1, "index": -1}, [normal(2, 3)], lambda x: x.select(1, -1))
    yield transform("narrow", {"dim": 0, "start": 1, "length": 2}, [normal(4, 2)], lambda x: x.narrow(0, 1, 2))
    yield transform("slice", {"dim": 1, "start": -4, "end": 4, "step": 2}, [normal(2, 5)], lambda x: x[:, -4:4:2])
    yield transform("slice", {"start": 1}, [normal(3, 2)], lambda x: x[1:])
