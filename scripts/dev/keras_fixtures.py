"""Makes tests/fixtures/keras with the real Keras: python keras_fixtures.py FOLDER

Needs keras 3 and a backend (KERAS_BACKEND=torch), numpy, h5py and safetensors. Of some nets it writes NAME.json, what
`model.to_json()` gives, and NAME.safetensors, its random weights under the names and in the order that Orrery has for
them; of all NAME.keras, the whole model, and NAME_values.safetensors, inputs (channels behind the batch) and what Keras
computes of them in inference. Some are also saved as NAME.h5, as Keras 1 and 2 did, or NAME.weights.h5. `forms.h5` has
all that HDF5 may keep a dataset as, and `forms.json` the values.
"""

import json
import os
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
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


def recurrent():
    """Recurrent layers of all kinds, with and without a bias, in one direction and in both, and a layer at each step."""
    steps = keras.Input((5, 3), name="steps")
    x = layers.SimpleRNN(4, return_sequences=True, name="simple")(steps)
    x = layers.GRU(3, return_sequences=True, use_bias=False, name="gated")(x)
    x = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both")(x)
    x = layers.TimeDistributed(layers.Dense(4, activation="relu"), name="each")(x)
    x = layers.GRU(4, name="last")(x)
    return keras.Model(steps, layers.Dense(2, name="scores")(x), name="recurrent")


def volumes():
    """Convolutions of one and three dimensions, of groups, of each channel by itself, and norms of other options."""
    volume = keras.Input((4, 4, 4, 1), name="volume")
    x = layers.Conv3D(3, 2, name="cube")(volume)
    x = layers.Conv3DTranspose(2, 2, name="cube_up")(x)
    x = layers.BatchNormalization(center=False, name="scaled")(x)
    x = layers.Reshape((16, 8), name="lines")(x)
    x = layers.Conv1D(6, 3, groups=2, name="line")(x)
    x = layers.DepthwiseConv1D(2, depth_multiplier=2, name="alone")(x)
    x = layers.GroupNormalization(3, name="groups")(x)
    x = layers.PReLU(shared_axes=[1], name="slopes")(x)
    x = layers.Conv1DTranspose(4, 3, strides=2, name="line_up")(x)
    x = layers.LayerNormalization(scale=False, name="centred")(x)
    return keras.Model(volume, layers.GlobalMaxPooling1D(name="most")(x), name="volumes")


def crossing():
    """Attention to a sequence of another width."""
    asked = keras.Input((3, 6), name="asked")
    known = keras.Input((4, 5), name="known")
    x = layers.MultiHeadAttention(2, 3, name="look")(asked, known)
    x = layers.Dense(3, name="scores")(x)
    return keras.Model([asked, known], x, name="crossing")


def nested():
    """Models within a model, two of whose layers have one name."""
    image = keras.Input((4,), name="image")
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="widen"), layers.BatchNormalization(name="even")], name="inner"
    )
    outer = keras.Sequential([keras.Input((4,)), inner, layers.Dense(2, use_bias=False, name="widen")], name="outer")
    return keras.Model(image, outer(image), name="nested")


def both():
    """A layer whose variables belong to parts."""
    steps = keras.Input((3, 2), name="steps")
    return keras.Model(steps, layers.Bidirectional(layers.GRU(2), name="ways")(steps), name="both")


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
        values[tensor.name] = np.ascontiguousarray(np.moveaxis(value, -1, 1)) if value.ndim > 3 else value
    return values


def with_random_weights(model):
    """Those that begin as 0 or 1 among them, so that a difference shows."""
    draw = np.random.default_rng(7)
    for weight in model.weights:
        positive = "variance" in weight.path
        drawn = draw.uniform(0.5, 1.5, weight.shape) if positive else 0.3 * draw.standard_normal(weight.shape)
        weight.assign(drawn.astype("float32"))
    return draw


def write_apart(model, folder):
    with open(f"{folder}/{model.name}.json", "w") as file:
        json.dump(json.loads(model.to_json()), file, separators=(",", ":"))
        file.write("\n")
    save_file(weights_of(model), f"{folder}/{model.name}.safetensors")


def write_archive(model, path, packing):
    """As Keras saves it, and packed where that makes it small; dates are left out."""
    model.save("whole.keras")
    with zipfile.ZipFile("whole.keras") as whole, zipfile.ZipFile(path, "w", packing) as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            archive.writestr(zipfile.ZipInfo(name), whole.read(name), packing)
    os.remove("whole.keras")


def write_whole(model, path):
    """As Keras 1 and 2 saved it: under names that end with `:0`, as texts of one length."""
    model.save("whole.h5")
    with h5py.File("whole.h5") as whole, h5py.File(path, "w") as file:
        for name, value in whole.attrs.items():
            file.attrs[name] = value
        for group in whole["model_weights"].values():
            copy = file.create_group("model_weights" + group.name.removeprefix("/model_weights"))
            names = list(group.attrs["weight_names"])
            copy.attrs["weight_names"] = np.array([f"{name}:0" for name in names], "S")
            for name in names:
                copy.create_dataset(f"{name}:0", data=group[name][()])
        names = whole["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs["layer_names"] = np.array(list(names), "S")
    os.remove("whole.h5")


def write_forms(folder):
    """All that a dataset may be, and what leads out of a file."""
    draw = np.random.default_rng(3)
    plain = {
        "half": draw.standard_normal((2, 3)).astype("f2"),
        "single": draw.standard_normal((3, 2)).astype("f4"),
        "double": draw.standard_normal(4).astype("f8"),
        "highest_byte_first": draw.standard_normal((2, 2)).astype(">f4"),
        "truth": np.array([True, False, True]),
        "small": np.array([-3, 4], "i1"),
        "large": np.array([[1 << 40, -7]], "i8"),
        "counts": np.array([1, 4000000000], "u4"),
        "scalar": np.float32(2.5),
        "none": np.zeros((0, 3), "f4"),
    }
    grid = np.arange(7 * 5 * 3, dtype="f4").reshape(7, 5, 3)
    line = np.arange(150, dtype="i2")
    with h5py.File(f"{folder}/forms.h5", "w") as file:
        for name, value in plain.items():
            file[f"plain/{name}"] = value
        chunks = file.create_group("chunks")
        chunks.create_dataset("packed", data=grid, chunks=(3, 2, 3), compression="gzip", shuffle=True, fletcher32=True)
        chunks.create_dataset("loose", data=grid[0], chunks=(4, 2))
        chunks.create_dataset("many", data=line, chunks=(2,))
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3,)), compact).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], "f4")
        )
        refused = file.create_group("refused")
        refused.create_dataset("lzf", data=line, chunks=(50,), compression="lzf")
        refused.create_dataset("elsewhere", (2,), "f4", external=[("values.raw", 0, 8)])
        refused["text"] = "words"
        refused["pairs"] = np.zeros(2, [("a", "f4"), ("b", "i4")])
        refused["complex"] = np.zeros(2, "c8")
        refused["soft"] = h5py.SoftLink("/plain/half")
        refused["again"] = file["plain/half"]
        refused.create_dataset("unwritten", (4,), "f4")
        file.create_group("linking")["outside"] = h5py.ExternalLink("other.h5", "/secret")
        layout = h5py.VirtualLayout((2,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "secret", (2,))
        refused.create_virtual_dataset("virtual", layout)
        file.attrs["one"] = "a text"
        file.attrs["fixed"] = np.array([b"first", b"second"])
        file.attrs["several"] = ["some", "", "more"]
        file.attrs["number"] = 3
    values = {f"plain/{name}": value for name, value in plain.items()}
    values |= {"chunks/packed": grid, "chunks/loose": grid[0], "chunks/many": line, "compact": np.array([1, 2, 3], "f4")}
    with open(f"{folder}/forms.json", "w") as file:
        told = {name: np.asarray(value, "f8").reshape(-1).tolist() for name, value in values.items()}
        json.dump(told, file, separators=(",", ":"))
        file.write("\n")
    with h5py.File(f"{folder}/newest.h5", "w", libver="latest") as file:
        file["plain"] = grid
        file.create_dataset("chunks", data=grid, chunks=(3, 2, 3))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    keras.utils.set_random_seed(0)
    for make in (convolutional, residual, sequence, recurrent, volumes, crossing, nested, both):
        model = make()
        draw = with_random_weights(model)
        if make in (convolutional, residual, sequence):
            write_apart(model, folder)
        save_file(values_of(model, draw), f"{folder}/{model.name}_values.safetensors")
        stored = make is nested
        write_archive(model, f"{folder}/{model.name}.keras", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
        if make in (nested, both):
            write_whole(model, f"{folder}/{model.name}.h5")
        if make is nested:
            model.save_weights(f"{folder}/{model.name}.weights.h5")
    write_forms(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
