#include "runtime/codegen/keras_helpers.h"

#include <array>
#include <string_view>

namespace orrery {
namespace {

struct KerasHelper {
  const char* name;
  std::array<const char*, 2> calls;  // other helpers; null: none
  const char* text;
};

// In an order in which they can be read. black has nothing to change in them.
constexpr std::array kKerasHelpers = {
    KerasHelper{"Parameter",
                {},
                R"(class Parameter(layers.Layer):
    """A tensor that stands by itself: gives it, whatever it is called with."""

    def __init__(self, shape, **options):
        super().__init__(**options)
        self.shape = tuple(shape)
        self.tensor = self.add_weight(
            shape=self.shape,
            initializer="zeros",
            dtype=self.dtype,
            trainable=self.trainable,
            name="tensor",
        )

    def call(self, anything):
        return ops.convert_to_tensor(self.tensor)

    def compute_output_spec(self, anything):
        return keras.KerasTensor(self.shape, self.tensor.dtype)

    def get_config(self):
        return {**super().get_config(), "shape": self.shape}
)"},
    // An expression of the table would keep the numbers that it has while the model is made.
    KerasHelper{"TiedLinear",
                {},
                R"(class TiedLinear(keras.Operation):
    """Multiplies with the table of an embedding, as it is then."""

    def __init__(self, embedding, **options):
        super().__init__(**options)
        self.embedding = embedding

    def call(self, x):
        return ops.matmul(x, ops.transpose(self.embedding.embeddings))

    def compute_output_spec(self, x):
        return keras.KerasTensor((*x.shape[:-1], self.embedding.input_dim), x.dtype)
)"},
    KerasHelper{"pad_sides",
                {},
                R"(def pad_sides(x, padding, value=0.0):
    """Puts a border around the dimensions behind (N, C): as much behind as before."""
    sizes = padding if isinstance(padding, tuple) else (padding,) * (len(x.shape) - 2)
    borders = [size if isinstance(size, tuple) else (size, size) for size in sizes]
    if not any(before or behind for before, behind in borders):
        return x
    return ops.pad(x, [(0, 0), (0, 0), *borders], constant_values=value)
)"},
    KerasHelper{"convolve",
                {"pad_sides"},
                R"(def convolve(layer, x, padding=0):
    """Applies a convolution to (N, C, …); TensorFlow's on a CPU want channels last."""
    x = ops.moveaxis(pad_sides(x, padding), 1, -1)
    return ops.moveaxis(layer(x), -1, 1)
)"},
    KerasHelper{"conv1d",
                {"convolve"},
                R"(def conv1d(x, filters, kernel_size, padding=0, **options):
    options["data_format"] = "channels_last"
    return convolve(layers.Conv1D(filters, kernel_size, **options), x, padding)
)"},
    KerasHelper{"conv2d",
                {"convolve"},
                R"(def conv2d(x, filters, kernel_size, padding=0, **options):
    options["data_format"] = "channels_last"
    return convolve(layers.Conv2D(filters, kernel_size, **options), x, padding)
)"},
    KerasHelper{"conv3d",
                {"convolve"},
                R"(def conv3d(x, filters, kernel_size, padding=0, **options):
    options["data_format"] = "channels_last"
    return convolve(layers.Conv3D(filters, kernel_size, **options), x, padding)
)"},
    KerasHelper{"convolve_transposed",
                {},
                R"(def convolve_transposed(layer, x, padding=0, output_padding=0):
    """Applies a transposed convolution to (N, C, …) and takes its border away."""

    def sizes(told):
        return told if isinstance(told, tuple) else (told,) * (len(x.shape) - 2)

    pairs = zip(sizes(padding), sizes(output_padding))
    parts = [slice(size, more - size or None) for size, more in pairs]
    x = ops.moveaxis(layer(ops.moveaxis(x, 1, -1)), -1, 1)
    return x[(..., *parts)]
)"},
    KerasHelper{"conv1d_transpose",
                {"convolve_transposed"},
                R"(def conv1d_transpose(x, filters, kernel_size, padding=0, output_padding=0, **options):
    options["data_format"] = "channels_last"
    layer = layers.Conv1DTranspose(filters, kernel_size, **options)
    return convolve_transposed(layer, x, padding, output_padding)
)"},
    KerasHelper{"conv2d_transpose",
                {"convolve_transposed"},
                R"(def conv2d_transpose(x, filters, kernel_size, padding=0, output_padding=0, **options):
    options["data_format"] = "channels_last"
    layer = layers.Conv2DTranspose(filters, kernel_size, **options)
    return convolve_transposed(layer, x, padding, output_padding)
)"},
    KerasHelper{"conv3d_transpose",
                {"convolve_transposed"},
                R"(def conv3d_transpose(x, filters, kernel_size, padding=0, output_padding=0, **options):
    options["data_format"] = "channels_last"
    layer = layers.Conv3DTranspose(filters, kernel_size, **options)
    return convolve_transposed(layer, x, padding, output_padding)
)"},
    KerasHelper{"batch_norm",
                {},
                R"(def batch_norm(x, momentum=0.9, epsilon=1e-05, **options):
    options |= {"axis": 1, "momentum": momentum, "epsilon": epsilon}
    return layers.BatchNormalization(**options)(x)
)"},
    KerasHelper{"max_pool",
                {"pad_sides"},
                R"(def max_pool(x, pool_size, strides=None, padding=0):
    x, strides = pad_sides(x, padding, -float("inf")), strides or pool_size
    return ops.max_pool(x, pool_size, strides, data_format="channels_first")
)"},
    KerasHelper{"average_pool",
                {"pad_sides"},
                R"(def average_pool(x, pool_size, strides=None, padding=0, count_padding=True):
    def pool(values):
        values = pad_sides(values, padding)
        return ops.average_pool(
            values, pool_size, strides or pool_size, data_format="channels_first"
        )

    return pool(x) if count_padding else pool(x) / pool(ops.ones_like(x))
)"},
    KerasHelper{"pixel_shuffle",
                {},
                R"(def pixel_shuffle(x, factor):
    """Makes pixels of channels: (N, C·f², H, W) → (N, C, H·f, W·f)."""
    _, channels, height, width = x.shape
    channels //= factor**2
    x = ops.reshape(x, (-1, channels, factor, factor, height, width))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (-1, channels, height * factor, width * factor))
)"},
    KerasHelper{"pixel_unshuffle",
                {},
                R"(def pixel_unshuffle(x, factor):
    """Makes channels of pixels: (N, C, H·f, W·f) → (N, C·f², H, W)."""
    _, channels, height, width = x.shape
    height, width = height // factor, width // factor
    x = ops.reshape(x, (-1, channels, height, factor, width, factor))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4))
    return ops.reshape(x, (-1, channels * factor**2, height, width))
)"},
    KerasHelper{"channel_shuffle",
                {},
                R"(def channel_shuffle(x, groups):
    """Mixes the channels of groups: one of each, then the next of each."""
    _, channels, height, width = x.shape
    x = ops.reshape(x, (-1, groups, channels // groups, height, width))
    return ops.reshape(ops.swapaxes(x, 1, 2), (-1, channels, height, width))
)"},
    KerasHelper{"for_each_sample",
                {},
                R"(def for_each_sample(x, like):
    """Repeats the one sample of x as often as `like` has samples."""
    zeros = ops.zeros_like(like[(slice(None), *(0,) * (len(like.shape) - 1))])
    shape = (-1, *(1,) * (len(x.shape) - 1))
    return x + ops.cast(ops.reshape(zeros, shape), x.dtype)
)"},
    KerasHelper{"attention",
                {},
                R"(def attention(
    query, key, value, groups=None, mask=None, causal=False, scale=None, dropout=0.0
):
    """Scaled dot products of (…, heads, length, features); a mask is true where to look."""
    if groups:
        times = query.shape[-3] // groups
        key, value = ops.repeat(key, times, axis=-3), ops.repeat(value, times, axis=-3)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = (query * scale) @ ops.swapaxes(key, -1, -2)
    if causal:
        ones = ops.ones_like(scores)
        mask = ops.cumsum(ones, axis=-2) >= ops.cumsum(ones, axis=-1)
    if mask is not None and mask.dtype == "bool":
        scores = ops.where(mask, scores, -float("inf"))
    elif mask is not None:
        scores = scores + mask
    weights = ops.softmax(scores, axis=-1)
    return (layers.Dropout(dropout)(weights) if dropout else weights) @ value
)"},
    KerasHelper{"stacked",
                {},
                R"(def stacked(kind, units, num_layers=1, *, name, **options):
    """Recurrent layers that `recurrent` applies one after the other."""
    options |= {"return_sequences": True, "return_state": True}
    return [kind(units, name=f"{name}-l{at}", **options) for at in range(num_layers)]
)"},
    KerasHelper{"recurrent",
                {},
                R"(def recurrent(x, stack, *states, dropout=0.0, time_first=False):
    """Gives all outputs of the last layer, and the last states of all (layers, N, units)."""
    x = ops.swapaxes(x, 0, 1) if time_first else x
    last = []
    for at, layer in enumerate(stack):
        x = layers.Dropout(dropout)(x) if at and dropout else x
        x, *state = layer(x, initial_state=[each[at] for each in states] or None)
        last.append(state)
    x = ops.swapaxes(x, 0, 1) if time_first else x
    return x, *(ops.stack(each) for each in zip(*last))
)"},
    KerasHelper{"load_recurrent",
                {},
                R"(def load_recurrent(layer, tensors, key):
    """The gates of a GRU stand in another order here, the biases of others are one."""
    key, number = key.rsplit(".l", 1)
    slots = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * layer.use_bias
    found = [tensors[f"{key}.{slot}_l{number}"] for slot in slots]
    is_gru = isinstance(layer, layers.GRU)
    if is_gru:
        parts = [np.split(each, 3) for each in found]
        found = [np.concatenate([z, r, n]) for r, z, n in parts]
    biases = [np.stack(found[2:]) if is_gru else sum(found[2:])] if found[2:] else []
    layer.set_weights([found[0].T, found[1].T, *biases])
)"},
    KerasHelper{"load_attention",
                {},
                R"(def load_attention(layer, tensors, key):
    """Query, key and value stand in one matrix there, and heads in its rows."""
    denses = [layer.query_dense, layer.key_dense, layer.value_dense]
    has_bias = layer.output_dense.bias is not None
    for slot in ["weight", "bias"] if has_bias else ["weight"]:
        name = "kernel" if slot == "weight" else "bias"
        for dense, part in zip(denses, np.split(tensors[f"{key}.in_proj_{slot}"], 3)):
            variable = getattr(dense, name)
            variable.assign(part.T.reshape(variable.shape))
        variable = getattr(layer.output_dense, name)
        variable.assign(tensors[f"{key}.out_proj.{slot}"].T.reshape(variable.shape))
)"}};

void add(const std::string& name, std::set<std::string>& called) {
  called.insert(name);
  for (const KerasHelper& helper : kKerasHelpers)
    if (name == helper.name)
      for (const char* other : helper.calls)
        if (other) add(other, called);
}

// Each has a layer of its own kind to look for; what is left is Keras' usual ones.
std::string load_weights(const std::set<std::string>& called) {
  std::string text = R"(

# What a saved model calls the tensors that Keras' layers have.
SLOTS = {
    "kernel": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "scale": "weight",
    "alpha": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load_weights(model, path):
    """Takes the weights of a saved model, a .safetensors file."""
    tensors = load_file(path)
    for layer in model.layers:
        key = layer.name.replace("-", ".")
)";
  const std::string keys = called.contains("KEYS") ? "        key = KEYS.get(key, key)\n" : "";
  std::string branches;
  const auto add_branch = [&](const char* helper, const char* test, const char* action) {
    if (!called.contains(helper)) return;
    branches += std::string("        ") + (branches.empty() ? "if " : "elif ") + test + ":\n            " +
                action + "\n";
  };
  add_branch("Parameter", "isinstance(layer, Parameter)", "layer.tensor.assign(tensors[key])");
  add_branch("load_recurrent", "isinstance(layer, layers.RNN)", "load_recurrent(layer, tensors, key)");
  add_branch("load_attention", "isinstance(layer, layers.MultiHeadAttention)",
             "load_attention(layer, tensors, key)");
  const std::string slopes = called.contains("PReLU") ? "    if variable.name == \"alpha\":\n"
                                                        "        value = value.reshape(variable.shape)\n"
                                                      : "";
  const std::string usual =
      "for variable in layer.weights:\n"
      "    value = tensors[f\"{key}.{SLOTS[variable.name]}\"]\n"
      "    if variable.name == \"kernel\":  # the first two axes last\n"
      "        value = np.moveaxis(value, (0, 1), (-1, -2))\n" +
      slopes + "    variable.assign(value)\n";
  std::string indented;
  const std::string blanks(branches.empty() ? 8 : 12, ' ');
  for (std::size_t begin = 0; begin < usual.size();) {
    const std::size_t end = usual.find('\n', begin) + 1;
    indented += blanks + usual.substr(begin, end - begin);
    begin = end;
  }
  return text + keys + branches + (branches.empty() ? "" : "        else:\n") + indented;
}

}  // namespace

std::string keras_helpers(std::set<std::string> called) {
  if (called.contains("recurrent")) called.insert("load_recurrent");
  for (const std::string& name : std::set<std::string>(called)) add(name, called);
  std::string text;
  for (const KerasHelper& helper : kKerasHelpers)
    if (called.contains(helper.name)) text += std::string("\n\n") + helper.text;
  if (called.contains("load_weights")) text += load_weights(called);
  return text;
}

std::set<std::string> keras_helper_names() {
  std::set<std::string> names{"load_weights", "KEYS", "SLOTS"};
  for (const KerasHelper& helper : kKerasHelpers) names.insert(helper.name);
  return names;
}

}  // namespace orrery
