#include "runtime/formats/hdf5/keras_weights.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/pt_tree.h"

namespace orrery {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Weights that do not fit, thrown while one layer is given its own.
struct Misfit {
  std::string why;
};

/// Elements of a dataset, seen in another order. Strides and offset count elements; without a dataset they
/// are zeros.
struct View {
  const Hdf5Dataset* dataset = nullptr;
  Numbers shape, strides = {};
  std::int64_t offset = 0;

  std::int64_t elements() const {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  }
};

std::string text_of(const Hdf5Dataset& dataset) {
  return fmt::format("{}, {}", quote_path(dataset.path), str(shape_of(dataset.shape)));
}

View whole(const Hdf5Dataset& dataset) {
  View view{&dataset, dataset.shape, Numbers(dataset.shape.size(), 1)};
  for (std::size_t at = view.shape.size(); at-- > 1;)
    view.strides[at - 1] = view.strides[at] * view.shape[at];
  return view;
}

// Neighbouring axes as one, `count` of them from `first` on; only of a whole dataset.
View merged(View view, std::size_t first, std::size_t count) {
  if (view.shape.size() < first + count) throw Misfit{text_of(*view.dataset) + " has too few axes"};
  const auto at = [&](Numbers& numbers) { return numbers.begin() + static_cast<std::ptrdiff_t>(first); };
  const auto behind = static_cast<std::ptrdiff_t>(count);
  *at(view.shape) =
      std::accumulate(at(view.shape), at(view.shape) + behind, std::int64_t{1}, std::multiplies<>());
  *at(view.strides) = *(at(view.strides) + behind - 1);
  view.shape.erase(at(view.shape) + 1, at(view.shape) + behind);
  view.strides.erase(at(view.strides) + 1, at(view.strides) + behind);
  return view;
}

View permuted(const View& view, const std::vector<std::size_t>& axes) {
  if (axes.size() != view.shape.size())
    throw Misfit{fmt::format("{} does not have {} axes", text_of(*view.dataset), axes.size())};
  View result{view.dataset, {}, {}, view.offset};
  for (const std::size_t axis : axes) {
    result.shape.push_back(view.shape[axis]);
    result.strides.push_back(view.strides[axis]);
  }
  return result;
}

View turned(const View& view) { return permuted(view, {1, 0}); }

View rows(View view, std::int64_t first, std::int64_t count) {
  if (view.shape.empty() || first + count > view.shape[0])
    throw Misfit{fmt::format("{} has too few gates", text_of(*view.dataset))};
  view.offset += first * view.strides[0];
  view.shape[0] = count;
  return view;
}

/// First values of a parameter: pieces one behind the other.
class ValuesOfKeras final : public FirstValues {
 public:
  ValuesOfKeras(std::shared_ptr<const Hdf5File> file, std::vector<View> pieces, std::size_t width)
      : file_(std::move(file)), pieces_(std::move(pieces)), width_(width) {}

  Bytes read() const override {
    std::int64_t elements = 0;
    for (const View& piece : pieces_) elements += piece.elements();
    Bytes bytes(static_cast<std::size_t>(elements) * width_);
    std::span<std::byte> rest = bytes.span();
    for (const View& piece : pieces_) {
      const std::size_t size = static_cast<std::size_t>(piece.elements()) * width_;
      fill(piece, rest.first(size));
      rest = rest.subspan(size);
    }
    return bytes;
  }

 private:
  void fill(const View& piece, std::span<std::byte> into) const {
    if (!piece.dataset) {
      std::ranges::fill(into, std::byte{0});
      return;
    }
    const PtTensor view{.name = piece.dataset->path,
                        .dtype = piece.dataset->dtype,
                        .shape = piece.shape,
                        .strides = piece.strides,
                        .offset = piece.offset};
    if (view.contiguous() && view.bytes() == piece.dataset->bytes()) return file_->read(*piece.dataset, into);
    Bytes stored(static_cast<std::size_t>(piece.dataset->bytes()));
    file_->read(*piece.dataset, stored.span());
    gather_rows(view, stored.span(), 0, into);
  }

  std::shared_ptr<const Hdf5File> file_;
  std::vector<View> pieces_;
  std::size_t width_;
};

/// One layer while it is given its weights.
class Giving {
 public:
  Giving(Layer& layer, const KerasLayer& theirs, std::string path, KerasVariables& variables)
      : layer_(layer), theirs_(theirs), path_(std::move(path)), variables_(variables) {
    // Layers around a layer: what is told of the inner one counts.
    const bool wraps = theirs.kind == "TimeDistributed" || theirs.kind == "Bidirectional";
    options_ = wraps ? &theirs.options.at("layer").at("config") : &theirs.options;
    if (theirs.kind == "TimeDistributed") prefix_ = "layer";
  }

  bool told(const char* option) const {
    return !options_->contains(option) || options_->at(option).is_null() || options_->at(option).get<bool>();
  }
  bool has(const std::string& slot) const { return layer_.parameter(slot) != nullptr; }
  const Layer& layer() const { return layer_; }
  const KerasLayer& theirs() const { return theirs_; }

  View next(const char* what, const std::string& part = "") {
    const std::string place = prefix_.empty() || part.empty() ? prefix_ + part : prefix_ + "/" + part;
    const Hdf5Dataset* dataset = variables_.take(path_, place);
    if (!dataset) throw Misfit{fmt::format("its {} is missing", part.empty() ? what : part + "'s " + what)};
    return whole(*dataset);
  }

  void give(const std::string& slot, const std::vector<View>& pieces) {
    std::vector<View> all = pieces;
    Numbers shape = all[0].shape;
    for (std::size_t at = 1; at < all.size(); ++at)
      if (!shape.empty() && !all[at].shape.empty()) shape[0] += all[at].shape[0];
    give_shaped(slot, std::move(all), shape);
  }

  // `shape`: what the elements are together.
  void give_shaped(const std::string& slot, std::vector<View> pieces, const Numbers& shape) {
    const ParameterPtr own = layer_.parameter(slot);
    if (!own || own->shape != shape_of(shape)) {
      const std::string from = pieces[0].dataset ? text_of(*pieces[0].dataset) : "zeros";
      throw Misfit{fmt::format("{} is given by {}; expected {}", slot, from, own ? str(own->shape) : "none")};
    }
    const DType dtype = dtype_of(slot, pieces);
    if (own->dtype != dtype) layer_.convert(dtype);
    own->dtype = dtype;
    own->made_in.reset();
    own->first = std::make_shared<const ValuesOfKeras>(variables_.file(), std::move(pieces),
                                                       static_cast<std::size_t>(element_size(dtype)));
  }

  void give_zeros(const std::string& slot) {
    Numbers shape;
    for (const Dim& dim : layer_.parameter(slot)->shape) shape.push_back(dim.value());
    give(slot, {View{nullptr, shape}});
  }

 private:
  DType dtype_of(const std::string& slot, const std::vector<View>& pieces) const {
    std::optional<DType> dtype;
    for (const View& piece : pieces) {
      if (!piece.dataset) continue;
      const std::optional<DType> found = piece.dataset->dtype.dtype;
      if (!found || !is_floating(*found) || (dtype && *found != *dtype))
        throw Misfit{fmt::format("{} is of {}; expected floats of one type", quote_path(piece.dataset->path),
                                 piece.dataset->dtype.name)};
      dtype = found;
    }
    return dtype.value_or(layer_.parameter(slot)->dtype);
  }

  Layer& layer_;
  const KerasLayer& theirs_;
  const nlohmann::json* options_ = nullptr;
  std::string path_, prefix_;
  KerasVariables& variables_;
};

void give_bias(Giving& giving) {
  if (giving.has("bias")) giving.give("bias", {giving.next("bias")});
}

void linear(Giving& giving) {
  giving.give("weight", {turned(giving.next("kernel"))});
  give_bias(giving);
}

// (height, width, in, out): the new channels first, those read second. Of a transposed convolution Keras has
// (height, width, out, in), and Orrery (in, out, height, width).
void convolution(Giving& giving) {
  const View kernel = giving.next("kernel");
  const std::size_t rank = kernel.shape.size();
  if (rank < 3) throw Misfit{text_of(*kernel.dataset) + " is no kernel"};
  std::vector<std::size_t> axes{rank - 1, rank - 2};
  for (std::size_t at = 0; at + 2 < rank; ++at) axes.push_back(at);
  giving.give("weight", {permuted(kernel, axes)});
  give_bias(giving);
}

// (height, width, channels, each): each channel's own new ones stand beside each other.
void depthwise(Giving& giving) {
  const View kernel = giving.next("kernel");
  const std::size_t rank = kernel.shape.size();
  if (rank < 3) throw Misfit{text_of(*kernel.dataset) + " is no kernel"};
  std::vector<std::size_t> axes{rank - 2, rank - 1};
  Numbers shape{kernel.shape[rank - 2] * kernel.shape[rank - 1], 1};
  for (std::size_t at = 0; at + 2 < rank; ++at) {
    axes.push_back(at);
    shape.push_back(kernel.shape[at]);
  }
  giving.give_shaped("weight", {permuted(kernel, axes)}, shape);
  give_bias(giving);
}

void norm(Giving& giving) {
  if (giving.told("scale")) giving.give("weight", {giving.next("gamma")});
  if (giving.told("center")) giving.give("bias", {giving.next("beta")});
  if (!giving.has("running_mean")) return;
  giving.give("running_mean", {giving.next("moving mean")});
  giving.give("running_var", {giving.next("moving variance")});
}

void embedding_table(Giving& giving) { giving.give("weight", {giving.next("table")}); }

// (1, 1, channels)
void slopes(Giving& giving) {
  const View alpha = giving.next("alpha");
  giving.give("weight", {merged(alpha, 0, alpha.shape.size())});
}

// The gates of a matrix (features, gates × units), or of a bias, as rows.
using Gates = std::vector<View> (*)(const View& all, std::int64_t units);

std::vector<View> as_they_are(const View& all, std::int64_t) { return {all}; }

std::vector<View> r_before_z(const View& all, std::int64_t units) {
  return {rows(all, units, units), rows(all, 0, units), rows(all, 2 * units, units)};
}

void direction(Giving& giving, const std::string& part, const std::string& end, Gates gates) {
  const std::string inner = "weight_hh_l0" + end;
  const std::int64_t units = giving.layer().parameter(inner)->shape.at(1).value();
  giving.give("weight_ih_l0" + end, gates(turned(giving.next("kernel", part)), units));
  giving.give(inner, gates(turned(giving.next("recurrent kernel", part)), units));
  if (!giving.has("bias_ih_l0" + end)) return;
  const View bias = giving.next("bias", part);
  if (bias.shape.size() == 1) {
    giving.give("bias_ih_l0" + end, gates(bias, units));
    giving.give_zeros("bias_hh_l0" + end);
    return;
  }
  // Two rows: of the input, and of the state.
  const auto row = [&](std::int64_t at) {
    View one = rows(bias, at, 1);
    return merged(one, 0, one.shape.size());
  };
  giving.give("bias_ih_l0" + end, gates(row(0), units));
  giving.give("bias_hh_l0" + end, gates(row(1), units));
}

void recurrent_of(Giving& giving, Gates gates) {
  if (!giving.has("weight_hh_l0_reverse")) return direction(giving, "cell", "", gates);
  direction(giving, "forward_layer/cell", "", gates);
  direction(giving, "backward_layer/cell", "_reverse", gates);
}

void recurrent_as_it_is(Giving& giving) { recurrent_of(giving, as_they_are); }
void gated_recurrent(Giving& giving) { recurrent_of(giving, r_before_z); }

// (features, heads, width) of what is read, (heads, width, features) of what is given.
void attention(Giving& giving) {
  std::vector<View> kernels, biases;
  const bool bias = giving.has("in_proj_bias");
  for (const char* part : {"query_dense", "key_dense", "value_dense"}) {
    kernels.push_back(turned(merged(giving.next("kernel", part), 1, 2)));
    if (bias) biases.push_back(merged(giving.next("bias", part), 0, 2));
  }
  if (giving.has("in_proj_weight")) {
    giving.give("in_proj_weight", kernels);
  } else {
    giving.give("q_proj_weight", {kernels[0]});
    giving.give("k_proj_weight", {kernels[1]});
    giving.give("v_proj_weight", {kernels[2]});
  }
  if (bias) giving.give("in_proj_bias", biases);
  giving.give("out_proj.weight", {turned(merged(giving.next("kernel", "output_dense"), 0, 2))});
  if (bias) giving.give("out_proj.bias", {giving.next("bias", "output_dense")});
}

using Giver = void (*)(Giving& giving);

Giver giver_of(const std::string& operation, const KerasLayer& theirs, const std::string& part) {
  static const std::map<std::string, Giver> table = {
      {"Linear", linear},
      {"ConvTranspose1d", convolution},
      {"ConvTranspose2d", convolution},
      {"ConvTranspose3d", convolution},
      {"BatchNorm1d", norm},
      {"BatchNorm2d", norm},
      {"BatchNorm3d", norm},
      {"LayerNorm", norm},
      {"GroupNorm", norm},
      {"Embedding", embedding_table},
      {"PReLU", slopes},
      {"LSTM", recurrent_as_it_is},
      {"RNN", recurrent_as_it_is},
      {"GRU", gated_recurrent},
      {"MultiheadAttention", attention},
  };
  if (operation == "Conv1d" || operation == "Conv2d" || operation == "Conv3d")
    return theirs.kind.starts_with("Depthwise") || part == "depthwise" ? depthwise : convolution;
  const auto found = table.find(operation);
  invariant(found != table.end(), "a layer of Keras has weights that nothing gives");
  return found->second;
}

}  // namespace

void KerasWeights::begin(Layer& layer, const KerasLayer& theirs, const std::string& path,
                         const std::string& part) {
  if (layer.parameters().empty()) return;
  Giving giving(layer, theirs, path, variables_);
  try {
    giver_of(layer.descriptor().name, theirs, part)(giving);
  } catch (const Misfit& misfit) {
    faults_.push_back(fmt::format("{} ({}): {}", path, theirs.kind, misfit.why));
  }
}

void KerasWeights::check_all_fit() const {
  std::vector<std::string> faults = faults_;
  if (faults.empty()) faults = variables_.left();
  check(faults.empty(), Fault::input_file, "its weights are not those of its layers:\n  {}",
        fmt::join(faults, "\n  "));
}

}  // namespace orrery
