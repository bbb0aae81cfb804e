import torch

from .cases import case, normal


def recurrent(name, options, *inputs, training=True):
    """Initial states follow the input; an LSTM takes and gives two of them."""
    module = getattr(torch.nn, name)(**options).train(training)
    ports = 3 if name.startswith("LSTM") else 2
    inputs = [*inputs, *[None] * (ports - len(inputs))]

    def compute(xs):
        state = xs[1] if ports == 2 else None if xs[1] is None else (xs[1], xs[2])
        found = module(xs[0], state)
        if isinstance(found, torch.Tensor):
            return found
        return [found[0], *found[1]] if isinstance(found[1], tuple) else list(found)

    return case(name, options, inputs, compute, state=module, training=training)


def cases():
    small = {"input_size": 3, "hidden_size": 2}
    for name in ("RNN", "GRU", "LSTM"):
        states = 2 if name == "LSTM" else 1
        yield recurrent(name, small, normal(3, 2, 3))
        yield recurrent(name, small, normal(2, 3))
        yield recurrent(name, {**small, "bias": False, "batch_first": True}, normal(2, 3, 3),
                        *[normal(1, 2, 2) for _ in range(states)])
        yield recurrent(name, {**small, "num_layers": 2, "bidirectional": True, "dropout": 0.5}, normal(2, 1, 3),
                        *[normal(4, 1, 2) for _ in range(states)], training=False)
        yield recurrent(name, {**small, "bidirectional": True}, normal(2, 3), *[normal(2, 2) for _ in range(states)])
    yield recurrent("RNN", {**small, "nonlinearity": "relu"}, normal(3, 1, 3))
    yield recurrent("LSTM", {"input_size": 2, "hidden_size": 3, "proj_size": 2, "num_layers": 2}, normal(2, 2, 2),
                    normal(2, 2, 2), normal(2, 2, 3))
    for name in ("RNNCell", "GRUCell", "LSTMCell"):
        states = 2 if name == "LSTMCell" else 1
        yield recurrent(name, small, normal(2, 3))
        yield recurrent(name, {**small, "bias": False}, normal(2, 3), *[normal(2, 2) for _ in range(states)])
        yield recurrent(name, small, normal(3), *[normal(2) for _ in range(states)])
    yield recurrent("RNNCell", {**small, "nonlinearity": "relu"}, normal(2, 3))
