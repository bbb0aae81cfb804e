#!/usr/bin/env python3
"""Writes tests/fixtures/zoo/language.lua: what the language models of orrery.models and the transformers of nn give.

    python3 scripts/dev/make_language_fixtures.py        # needs transformers beside PyTorch 2.11

Small models of the same form as the published ones: their parameters in order, filled by `fill` (the test fills
Orrery's by the same formula), and some numbers of their outputs in evaluation.
"""

import pathlib
import re

import torch
from torch import nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

import language_references

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "zoo" / "language.lua"
TOKENS = 61
SHOWN = 12
SEED = 7


def fill(model):
    """Element j: sin(0.37 j + the sum of the key's bytes) / 5; 1 more in the weights of normalisations."""
    for key, parameter in model.named_parameters():
        values = torch.sin(torch.arange(parameter.numel(), dtype=torch.float64) * 0.37 + sum(key.encode())) * 0.2
        if re.search(r"(ln_\w+|norm\w*|LayerNorm)\.weight$", key):
            values += 1
        parameter.data = values.view(parameter.shape).to(parameter.dtype)
    return model.eval()


def tokens(rows, length, step=7):
    return (torch.arange(rows * length) * step % (TOKENS - 1) + 1).view(rows, length)


def waves(*shape, start=0.0):
    count = int(torch.tensor(shape).prod())
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.61 + start).view(shape).float()


def number(value):
    return "-1 / 0" if value == float("-inf") else f"{value:.8g}"


def shown(tensor):
    flat = tensor.detach().double().flatten()
    places = torch.linspace(0, flat.numel() - 1, SHOWN).long().tolist()
    numbers = [number(flat[at].item()) for at in places]
    lines = [", ".join(numbers[at:at + 6]) for at in range(0, len(numbers), 6)]
    shape = ", ".join(map(str, tensor.shape))
    values = ",\n        ".join(lines)
    return (f"      {{ shape = {{ {shape} }}, size = {number(flat.abs().mean().item())}, values = {{\n"
            f"        {values} }} }},\n")


def case(name, model, *outputs):
    keys = "\n".join(f"{key} {list(p.shape)}" for key, p in model.named_parameters(remove_duplicate=False))
    results = "".join(shown(output) for output in outputs)
    return f"  {name} = {{\n    keys = [==[\n{keys}]==],\n    outputs = {{\n{results}    }},\n  }},\n"


def gpt2():
    config = GPT2Config(vocab_size=TOKENS, n_positions=32, n_embd=24, n_layer=2, n_head=3)
    model = fill(GPT2LMHeadModel(config))
    return case("gpt2", model, model(tokens(2, 10)).logits)


def llama():
    config = LlamaConfig(vocab_size=TOKENS, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-5)
    model = fill(LlamaForCausalLM(config))
    return case("llama", model, model(tokens(2, 10)).logits)


def minilm():
    config = BertConfig(vocab_size=TOKENS, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                        intermediate_size=40, max_position_embeddings=32)
    model = fill(BertModel(config))
    mask = torch.tensor([[1] * 10, [1] * 6 + [0] * 4])
    whole, masked = model(tokens(2, 10)), model(tokens(2, 10), attention_mask=mask)
    return case("minilm", model, whole.last_hidden_state, whole.pooler_output, masked.last_hidden_state[1, :6])


def lstm_language_model():
    model = fill(language_references.LstmLanguageModel(TOKENS, 12, 16, 2))
    return case("lstm_language_model", model, model(tokens(2, 10)))


def seq2seq():
    model = fill(language_references.Seq2Seq(TOKENS, TOKENS, 16))
    return case("seq2seq", model, model(tokens(2, 6), tokens(2, 5, step=11)))


def vae():
    model = fill(language_references.Vae(20, 12, 4))
    torch.manual_seed(SEED)
    return case("vae", model, *model(waves(3, 20)))


def causal(size):
    return nn.Transformer.generate_square_subsequent_mask(size)


PADDING = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])


def encoder_layer(name, **options):
    model = fill(nn.TransformerEncoderLayer(12, 3, 20, **options))
    x = waves(5, 2, 12)
    return case(name, model, model(x), model(x, src_mask=causal(5)), model(x, src_key_padding_mask=PADDING))


def decoder_layer():
    model = fill(nn.TransformerDecoderLayer(12, 3, 20, batch_first=True))
    x, memory = waves(2, 4, 12), waves(2, 5, 12, start=1)
    return case("decoder_layer", model, model(x, memory),
                model(x, memory, tgt_mask=causal(4), memory_key_padding_mask=PADDING))


def transformer(name, **options):
    model = fill(nn.Transformer(12, 3, 2, 2, 20, batch_first=True, **options))
    x, y = waves(2, 5, 12), waves(2, 4, 12, start=1)
    return case(name, model, model(x, y), model(x, y, tgt_mask=causal(4), src_key_padding_mask=PADDING))


def initial():
    torch.manual_seed(SEED)
    model = nn.Transformer(12, 3, 2, 2, 20)
    return case("initial", model, *(dict(model.named_parameters())[key] for key in (
        "encoder.layers.0.linear1.weight", "encoder.layers.1.linear1.bias", "decoder.layers.1.linear2.weight",
        "decoder.layers.1.multihead_attn.in_proj_weight")))


def main():
    cases = [
        gpt2(), llama(), minilm(), lstm_language_model(), seq2seq(), vae(),
        encoder_layer("encoder_layer"), encoder_layer("encoder_layer_norm_first", norm_first=True, activation="gelu"),
        decoder_layer(), transformer("transformer"), transformer("transformer_norm_first", norm_first=True, bias=False),
        initial(),
    ]
    head = "-- Written by scripts/dev/make_language_fixtures.py; do not edit.\n"
    FILE.write_text(head + "return {\n" + "".join(cases) + "}\n")


main()
