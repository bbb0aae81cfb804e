"""Makes tests/fixtures/keras with the real Keras: python keras_fixtures.py FOLDER

Needs keras 3 and a backend (KERAS_BACKEND=torch), numpy and safetensors. Of each net it writes NAME.json, what
`model.to_json()` gives; NAME.safetensors, its random weights under the names and in the order that Orrery has for them;
NAME_values.safetensors, inputs (channels behind the batch) and what Keras computes of them in inference. One of them is
also saved as `residual.keras`.
"""

import json
import os
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers
from safetensors.numpy import save_file


def convolutional():
    """Sequential: padding of both kinds, an odd border, normalisation, and a flattening that mixes places and channels."""
    return keras.Sequential(
        [
            keras.Input((10, 10, 2), name="image"),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.LeakyReLU(negative_slope=0.1),
            layers.DepthwiseConv2D(3, activation="relu6"),
            layers.SeparableConv2D(5, 2, padding="same"),
            layers.MaxPooling2D(2, padding="same"),
            layers.UpSampling2D(2),
            layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(7, activation="softmax"),
        ],
        name="convolutional",
    )


def residual():
    """Functional: names of blocks, a model within it that is called twice, sums, products, two inputs and two results."""
    image = keras.Input((8, 8, 3), name="image")
    gate = keras.Input((4,), name="gate")
    x = layers.Conv2D(4, 3, padding="same", name="block1_conv")(image)
    x = layers.BatchNormalization(name="block1_bn")(x)
    x = layers.Activation("gelu", name="block1_gelu")(x)
    shared = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 1, activation="tanh", name="pixel")], name="shared")
    y = layers.Add(name="block2_add")([shared(x), x])
    y = layers.Concatenate(name="block2_join")([shared(y), x])
    z = layers.GlobalAveragePooling2D(name="pool")(y)
    z = layers.Dense(4, name="scores")(z)
    gated = layers.Multiply(name="gated")([z, gate])
    return keras.Model([image, gate], [gated, layers.LayerNormalization(name="norm")(z)], name="residual")


def sequence():
    """Numbers of words, both directions of a recurrent layer, attention, and the last state."""
    words = keras.Input((6,), name="words", dtype="int32")
    x = layers.Embedding(20, 8, name="table")(words)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both")(x)
    x = layers.Add(name="sum")([x, layers.MultiHeadAttention(2, 4, name="attention")(x, x)])
    x = layers.Conv1D(6, 2, padding="causal", activation="relu", name="steps")(x)
    x = layers.LSTM(5, name="memory")(x)
    return keras.Model(words, layers.Dense(1, activation="sigmoid", name="answer")(x), name="sequence")


def moved(kernel):
    """A kernel of Keras, channels last: the new channels stand first, those read second."""
    dims = kernel.ndim
    return np.ascontiguousarray(kernel.transpose(dims - 1, dims - 2, *range(dims - 2)))


def of_convolution(layer, name):
    return {f"{name}.weight": moved(layer.kernel.numpy())} | of_bias(layer, name)


def of_bias(layer, name):
    return {f"{name}.bias": layer.bias.numpy()} if layer.use_bias else {}


def of_depthwise(kernel):
    """(height, width, channels, each) of Keras: each channel's own new ones stand beside each other."""
    height, width, channels, each = kernel.shape
    return np.ascontiguousarray(kernel.transpose(2, 3, 0, 1).reshape(channels * each, 1, height, width))


def of_batch_norm(layer, name):
    size = layer.moving_mean.shape[0]
    return {
        f"{name}.weight": layer.gamma.numpy() if layer.scale else np.ones(size, "float32"),
        f"{name}.bias": layer.beta.numpy() if layer.center else np.zeros(size, "float32"),
        f"{name}.running_mean": layer.moving_mean.numpy(),
        f"{name}.running_var": layer.moving_variance.numpy(),
        f"{name}.num_batches_tracked": np.array(0, "int64"),
    }


def of_lstm(cell, name, end=""):
    kernel, recurrent, bias = (weight.numpy() for weight in (cell.kernel, cell.recurrent_kernel, cell.bias))
    return {
        f"{name}.weight_ih_l0{end}": np.ascontiguousarray(kernel.T),
        f"{name}.weight_hh_l0{end}": np.ascontiguousarray(recurrent.T),
        f"{name}.bias_ih_l0{end}": bias,
        f"{name}.bias_hh_l0{end}": np.zeros_like(bias),
    }


def of_gru(cell, name, end=""):
    """The gates z, r, h of Keras are r, z, n here."""

    def ordered(columns):
        z, r, h = np.split(columns, 3, axis=-1)
        return np.ascontiguousarray(np.concatenate([r, z, h], axis=-1).T)

    first, second = cell.bias.numpy()
    return {
        f"{name}.weight_ih_l0{end}": ordered(cell.kernel.numpy()),
        f"{name}.weight_hh_l0{end}": ordered(cell.recurrent_kernel.numpy()),
        f"{name}.bias_ih_l0{end}": ordered(first),
        f"{name}.bias_hh_l0{end}": ordered(second),
    }


def of_attention(layer, name):
    parts = [layer.query_dense, layer.key_dense, layer.value_dense]
    size = parts[0].kernel.shape[0]
    return {
        f"{name}.in_proj_weight": np.concatenate([part.kernel.numpy().reshape(size, -1).T for part in parts]),
        f"{name}.in_proj_bias": np.concatenate([part.bias.numpy().reshape(-1) for part in parts]),
        f"{name}.out_proj.weight": np.ascontiguousarray(layer.output_dense.kernel.numpy().reshape(-1, size).T),
        f"{name}.out_proj.bias": layer.output_dense.bias.numpy(),
    }


def of_layer(layer, name):
    kind = type(layer).__name__
    if kind in ("Conv1D", "Conv2D"):
        return of_convolution(layer, name)
    if kind == "Conv2DTranspose":
        return {f"{name}.weight": moved(layer.kernel.numpy())} | of_bias(layer, name)
    if kind == "DepthwiseConv2D":
        return {f"{name}.weight": of_depthwise(layer.kernel.numpy())} | of_bias(layer, name)
    if kind == "SeparableConv2D":
        return {
            f"{name}_depthwise.weight": of_depthwise(layer.depthwise_kernel.numpy()),
            f"{name}_pointwise.weight": moved(layer.pointwise_kernel.numpy()),
            f"{name}_pointwise.bias": layer.bias.numpy(),
        }
    if kind == "Dense":
        return {f"{name}.weight": np.ascontiguousarray(layer.kernel.numpy().T)} | of_bias(layer, name)
    if kind == "BatchNormalization":
        return of_batch_norm(layer, name)
    if kind == "LayerNormalization":
        return {f"{name}.weight": layer.gamma.numpy(), f"{name}.bias": layer.beta.numpy()}
    if kind == "Embedding":
        return {f"{name}.weight": layer.embeddings.numpy()}
    if kind == "LSTM":
        return of_lstm(layer.cell, name)
    if kind == "Bidirectional":
        backward = of_gru(layer.backward_layer.cell, name, "_reverse")
        return of_gru(layer.forward_layer.cell, name) | backward
    if kind == "MultiHeadAttention":
        return of_attention(layer, name)
    assert not layer.weights, layer
    return {}


def place(name):
    """`block1_conv` lies in a block."""
    block, mark, rest = name.partition("_")
    return f"{block}.{rest}" if mark and block.startswith("block") else name


def weights_of(model):
    weights = {}
    for layer in model.layers:
        if isinstance(layer, keras.Sequential):
            for inner in layer.layers:
                weights |= of_layer(inner, f"{layer.name}.{inner.name}")
        else:
            weights |= of_layer(layer, place(layer.name))
    return weights


def values_of(model, draw):
    given = []
    for tensor in model.inputs:
        shape = (3, *tensor.shape[1:])
        whole = draw.integers(0, 20, shape).astype("int64")
        given.append(whole if "int" in tensor.dtype else draw.standard_normal(shape, "float32"))
    results = model.predict(given if len(given) > 1 else given[0], verbose=0)
    results = results if isinstance(results, list) else [results]
    values = {f"output_{at}": np.asarray(result) for at, result in enumerate(results)}
    for tensor, value in zip(model.inputs, given):
        values[tensor.name] = np.ascontiguousarray(value.transpose(0, 3, 1, 2)) if value.ndim == 4 else value
    return values


def write(model, folder):
    """Random weights, those that begin as 0 or 1 among them, so that a difference shows."""
    draw = np.random.default_rng(7)
    for weight in model.weights:
        positive = "variance" in weight.path
        drawn = draw.uniform(0.5, 1.5, weight.shape) if positive else 0.3 * draw.standard_normal(weight.shape)
        weight.assign(drawn.astype("float32"))
    with open(f"{folder}/{model.name}.json", "w") as file:
        json.dump(json.loads(model.to_json()), file, separators=(",", ":"))
        file.write("\n")
    save_file(weights_of(model), f"{folder}/{model.name}.safetensors")
    save_file(values_of(model, draw), f"{folder}/{model.name}_values.safetensors")


def write_archive(model, path):
    """As Keras saves it, without the weights."""
    model.save("whole.keras")
    with zipfile.ZipFile("whole.keras") as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("metadata.json", "config.json"):
            archive.writestr(zipfile.ZipInfo(name), whole.read(name))
    os.remove("whole.keras")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    keras.utils.set_random_seed(0)
    for make in (convolutional, residual, sequence):
        model = make()
        write(model, folder)
        if make is residual:
            write_archive(model, f"{folder}/residual.keras")


if __name__ == "__main__":
    main(*sys.argv[1:])
