import torch
import torch.nn.functional as F

from .cases import case, normal, transform

# Options of the call, which a layer keeps.
CALL = ("need_weights", "average_attn_weights")


def product(query, key, value, mask=None, **options):
    inputs = [normal(*query), normal(*key), normal(*value), mask]
    return transform("scaled_dot_product_attention", options, inputs,
                     lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m, **options))


def product_layer(query, key, value, training=False, **options):
    inputs = [normal(*query), normal(*key), normal(*value), None]
    return case("ScaledDotProductAttention", options, inputs,
                lambda xs: F.scaled_dot_product_attention(xs[0], xs[1], xs[2]), training=training)


def future(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def multihead(options, query, key=None, value=None, padding=None, mask=None, training=True):
    query = normal(*query)
    key = query.clone() if key is None else normal(*key)
    value = key.clone() if value is None else normal(*value)
    made = {name: option for name, option in options.items() if name not in CALL + ("is_causal",)}
    module = torch.nn.MultiheadAttention(**made).train(training)
    call = {name: options[name] for name in CALL if name in options}

    def compute(xs):
        causal = future(len(xs[0])) if options.get("is_causal") else xs[4]
        return module(xs[0], xs[1], xs[2], key_padding_mask=xs[3], attn_mask=causal, **call)

    return case("MultiheadAttention", options, [query, key, value, padding, mask], compute, state=module,
                training=training)


def cases():
    yield product((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4))
    yield product((3, 4), (2, 4), (2, 3), scale=0.3)
    yield product((2, 3, 4), (2, 5, 4), (2, 5, 4), is_causal=True)
    yield product((2, 4, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2), enable_gqa=True)
    yield product((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), mask=~future(3))
    yield product((1, 2, 3, 4), (1, 2, 2, 4), (1, 2, 2, 4), mask=normal(3, 2))
    yield multihead({"embed_dim": 4, "num_heads": 2}, (3, 2, 4))
    yield multihead({"embed_dim": 4, "num_heads": 2, "batch_first": True}, (2, 3, 4), (2, 2, 4))
    yield multihead({"embed_dim": 4, "num_heads": 1, "bias": False, "kdim": 3, "vdim": 2}, (2, 2, 4), (3, 2, 3),
                    (3, 2, 2))
    yield multihead({"embed_dim": 4, "num_heads": 2, "add_bias_kv": True, "add_zero_attn": True,
                     "average_attn_weights": False}, (2, 2, 4), padding=torch.tensor([[False, True], [False, False]]))
    yield multihead({"embed_dim": 4, "num_heads": 2, "need_weights": False}, (3, 4), mask=future(3))
    yield multihead({"embed_dim": 4, "num_heads": 2, "batch_first": True}, (2, 3, 4), mask=normal(4, 3, 3))
    yield multihead({"embed_dim": 4, "num_heads": 2, "is_causal": True}, (3, 1, 4),
                    padding=torch.tensor([[False, False, True]]))
    yield multihead({"embed_dim": 4, "num_heads": 2, "is_causal": True, "need_weights": False}, (3, 1, 4))
    yield multihead({"embed_dim": 4, "num_heads": 2, "dropout": 0.5}, (3, 2, 4), training=False)
    yield product_layer((2, 3, 4), (2, 5, 4), (2, 5, 3), dropout_p=0.5)
    yield product_layer((3, 4), (2, 4), (2, 4), training=True)
