"""Makes files of weights under the names that Hugging Face's libraries and hub have for them.

    python scripts/dev/make_name_fixtures.py        (torch==2.11.0 safetensors==0.8.0 transformers==5.23.0)

tests/fixtures/names/NAME.safetensors: the state of a very small model, with the buffers that older releases saved,
and NAME_outputs.safetensors: tokens and what the model makes of them.
"""

import pathlib

import torch
import transformers
from safetensors.torch import save_file

FILES = pathlib.Path(__file__).parents[2] / "tests/fixtures/names"
SEED = 2026


def tokens():
    return torch.arange(12).reshape(2, 6) % 11


def save(name, state, outputs):
    FILES.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone().contiguous() for key, value in state.items()}, FILES / f"{name}.safetensors")
    save_file({"tokens": tokens(), **{key: value.contiguous() for key, value in outputs.items()}},
              FILES / f"{name}_outputs.safetensors")


def unlike_the_first(model):
    """Biases and scales that are not 0 and 1, so that none can stand for another."""
    torch.manual_seed(SEED)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def gpt2():
    """As in `gpt2` of the hub: the network without its head, which is tied, and with masks."""
    config = transformers.GPT2Config(n_layer=1, n_embd=8, n_head=2, vocab_size=11, n_positions=16)
    model = unlike_the_first(transformers.GPT2LMHeadModel(config))
    state = dict(model.transformer.state_dict())
    state["h.0.attn.bias"] = torch.ones(16, 16, dtype=torch.uint8).tril().view(1, 1, 16, 16)
    state["h.0.attn.masked_bias"] = torch.tensor(-10000.0)
    save("gpt2", state, {"logits": model(tokens()).logits.detach()})


def bert():
    """As in `bert-base-uncased` of the hub: TensorFlow's names of the norms, and a head behind."""
    config = transformers.BertConfig(vocab_size=11, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=12, max_position_embeddings=16)
    model = unlike_the_first(transformers.BertForSequenceClassification(config))
    state = {}
    for key, value in model.state_dict().items():
        key = key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        state[key] = value
    state["bert.embeddings.position_ids"] = torch.arange(16).view(1, 16)
    found = model.bert(tokens())
    save("bert", state, {"hidden": found.last_hidden_state.detach(), "pooled": found.pooler_output.detach()})


def llama():
    """As in files of transformers 4: angles saved in every layer."""
    config = transformers.LlamaConfig(vocab_size=11, hidden_size=8, intermediate_size=12, num_hidden_layers=1,
                                      num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-5)
    model = unlike_the_first(transformers.LlamaForCausalLM(config))
    state = dict(model.state_dict())
    state["model.layers.0.self_attn.rotary_emb.inv_freq"] = 1 / 10000 ** (torch.arange(0, 4, 2) / 4)
    save("llama", state, {"logits": model(tokens()).logits.detach()})


def main():
    for make in (gpt2, bert, llama):
        make()


if __name__ == "__main__":
    main()
