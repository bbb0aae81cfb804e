#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/keras_form.h"

// Windows, borders and sizes of images (and of sequences and volumes), dropout, attention.
namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// The batch, the channels, and the dimensions that are like a picture's.
void require_batch(const KerasNode& it, std::size_t spatial) {
  if (it.shape().size() != spatial + 2) KerasNode::refuse("data without a batch");
}

Sizes strides_of(const KerasNode& it) {
  return it.options().has("stride") ? it.options().integers("stride") : it.options().integers("kernel_size");
}

// How far the last window reaches over the padded input: what `ceil_mode` adds.
Sizes overhang(const KerasNode& it, const Sizes& kernel, const Sizes& strides, const Sizes& padding) {
  Sizes more(kernel.size(), 0);
  if (!it.options().boolean("ceil_mode")) return more;
  for (std::size_t at = 0; at < kernel.size(); ++at) {
    const Dim &size = it.shape()[at + 2], &given = it.given()[at + 2];
    if (!size.known() || !given.known()) KerasNode::refuse("ceil_mode with sizes that only the data tell");
    const std::int64_t reach = (given.value() - 1) * strides[at] + kernel[at];
    more[at] = std::max<std::int64_t>(0, reach - size.value() - 2 * padding[at]);
  }
  return more;
}

// `1`, `(1, 2)`, or what stands before and behind: `((0, 1), (0, 1))`.
std::string sides(const Sizes& padding, const Sizes& more) {
  if (std::ranges::all_of(more, [](std::int64_t size) { return size == 0; })) return keras_sizes(padding);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < padding.size(); ++at)
    words.push_back(fmt::format("({}, {})", padding[at], padding[at] + more[at]));
  return fmt::format("({}{})", fmt::join(words, ", "), words.size() == 1 ? "," : "");
}

CodeCall pooled(const KerasNode& it, const char* helper, bool is_max) {
  const Sizes& kernel = it.options().integers("kernel_size");
  require_batch(it, kernel.size());
  const Sizes strides = strides_of(it), padding = it.options().integers("padding");
  const Sizes more = overhang(it, kernel, strides, padding);
  const bool reaches_over = std::ranges::any_of(more, [](std::int64_t size) { return size > 0; });
  if (reaches_over && !is_max) KerasNode::refuse("ceil_mode, where windows reach over the border");
  CodeCall call{it.helper(helper) + "("};
  call.arguments = {keras_value(it.in()), keras_placed("pool_size", keras_sizes(kernel)),
                    keras_option("strides", keras_sizes(strides), keras_sizes(kernel)),
                    keras_option("padding", sides(padding, more), "0")};
  call.tail = ")";
  return call;
}

CodeCall max_pooled(const KerasNode& it) {
  it.takes_only({"kernel_size", "stride", "padding", "ceil_mode"});
  return pooled(it, "max_pool", true);
}

CodeCall average_pooled(const KerasNode& it) {
  it.takes_only({"kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"});
  CodeCall call = pooled(it, "average_pool", false);
  if (!it.options().boolean("count_include_pad"))
    call.arguments.push_back(keras_fixed("count_padding", "False"));
  return call;
}

bool divides(const KerasNode& it, const Sizes& wanted) {
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    const Dim& size = it.shape()[at + 2];
    if (!size.known() || size.value() % wanted[at] != 0) return false;
  }
  return true;
}

// To one number a channel; in equal windows; or as Keras' own layer does it.
KerasForm adaptive(bool is_max) {
  return [is_max](const KerasNode& it) {
    it.takes_only({"output_size"});
    const Sizes& wanted = it.options().integers("output_size");
    require_batch(it, wanted.size());
    const std::string word = is_max ? "max" : "mean";
    std::vector<std::size_t> axes;
    Sizes windows;
    for (std::size_t at = 0; at < wanted.size(); ++at) axes.push_back(at + 2);
    if (std::ranges::all_of(wanted, [](std::int64_t size) { return size == 1; }))
      return CodeCall{fmt::format("ops.{}({}, axis=({}{}), keepdims=True)", word, it.in(),
                                  fmt::join(axes, ", "), axes.size() == 1 ? "," : "")};
    if (!divides(it, wanted))
      return CodeCall{fmt::format("layers.Adaptive{}Pooling{}D({}, data_format=\"channels_first\")({})",
                                  is_max ? "Max" : "Average", wanted.size(), keras_sizes(wanted), it.in())};
    for (std::size_t at = 0; at < wanted.size(); ++at)
      windows.push_back(it.shape()[at + 2].value() / wanted[at]);
    if (std::ranges::all_of(windows, [](std::int64_t size) { return size == 1; })) return CodeCall{it.in()};
    CodeCall call{it.helper(is_max ? "max_pool" : "average_pool") + "("};
    call.arguments = {keras_value(it.in()), keras_placed("pool_size", keras_sizes(windows))};
    call.tail = ")";
    return call;
  };
}

// PyTorch tells the last dimension first, what is put before it and behind.
CodeCall padded(const KerasNode& it, const Sizes& told, const std::string& mode, const std::string& value) {
  const std::size_t rank = it.shape().size();
  std::vector<std::string> words(rank, "(0, 0)");
  for (std::size_t at = 0; at + 1 < told.size(); at += 2) {
    if (told[at] < 0 || told[at + 1] < 0) KerasNode::refuse("less than nothing as a border");
    words[rank - 1 - at / 2] = fmt::format("({}, {})", told[at], told[at + 1]);
  }
  CodeCall call{"ops.pad("};
  call.arguments = {keras_value(it.in()),
                    keras_value(fmt::format("({}{})", fmt::join(words, ", "), rank == 1 ? "," : ""))};
  if (mode != "constant") call.arguments.push_back(keras_fixed("mode", python_text(mode)));
  if (!value.empty()) call.arguments.push_back(keras_fixed("constant_values", value));
  call.tail = ")";
  return call;
}

CodeCall pad(const KerasNode& it) {
  const std::string& mode = it.options().text("mode");
  if (mode != "constant" && mode != "reflect") KerasNode::refuse("mode = \"" + mode + "\"");
  const bool has_value = mode == "constant" && it.options().has("value") && it.options().real("value") != 0;
  return padded(it, it.options().integers("pad"), mode,
                has_value ? python_number(it.options().real("value")) : "");
}

KerasForm bordered(const char* mode) {
  return [mode](const KerasNode& it) {
    const bool has_value = it.node().descriptor()->name.starts_with("Constant");
    return padded(it, it.options().integers("padding"), mode,
                  has_value ? python_number(it.options().real("value")) : "");
  };
}

// How many times as large each side gets.
Sizes growth(const KerasNode& it) {
  Sizes factors;
  const Attributes& options = it.options();
  for (std::size_t at = 2; at < it.shape().size(); ++at) {
    const Dim &from = it.shape()[at], &to = it.given()[at];
    if (options.has("scale_factor")) {
      const auto& told = options.reals("scale_factor");
      const double factor = told.size() == 1 ? told[0] : told[at - 2];
      factors.push_back(static_cast<std::int64_t>(factor));
      if (static_cast<double>(factors.back()) != factor || factor < 1)
        KerasNode::refuse("a factor that is not whole");
    } else {
      if (!from.known() || !to.known() || to.value() % from.value() != 0)
        KerasNode::refuse("a size that is no whole multiple");
      factors.push_back(to.value() / from.value());
    }
  }
  return factors;
}

CodeCall resized(const KerasNode& it) {
  it.takes_only({"size", "scale_factor", "mode", "align_corners"});
  const bool has_mode = it.node().descriptor()->name != "UpsamplingNearest2d";
  const std::string mode = has_mode ? it.options().text("mode") : "nearest";
  const bool aligns = has_mode && it.options().has("align_corners") && it.options().boolean("align_corners");
  if ((mode != "nearest" && mode != "bilinear") || aligns)
    KerasNode::refuse(aligns ? "align_corners" : "mode = \"" + mode + "\"");
  require_batch(it, 2);
  CodeCall call{"layers.UpSampling2D("};
  call.arguments = {keras_value(keras_sizes(growth(it))), keras_fixed("data_format", "\"channels_first\"")};
  if (mode == "bilinear") call.arguments.push_back(keras_fixed("interpolation", "\"bilinear\""));
  call.tail = fmt::format(")({})", it.in());
  return call;
}

// A helper of the file with one number, for shapes that are known but for the batch.
KerasForm rearranged(const char* helper, const char* option) {
  return [helper, option](const KerasNode& it) {
    require_batch(it, 2);
    for (std::size_t at = 1; at < it.shape().size(); ++at)
      if (!it.shape()[at].known()) KerasNode::refuse("sizes that only the data tell");
    return CodeCall{fmt::format("{}({}, {})", it.helper(helper), it.in(), it.options().integer(option))};
  };
}

// Keras' layers drop while training alone, as ours do; a function of ours does as it is told.
bool drops_nothing(const KerasNode& it) {
  const auto& all = it.options().entries();
  const bool is_off = std::ranges::any_of(all, [](const Attributes::Entry& entry) {
    return entry.name == "training" && std::holds_alternative<bool>(entry.value) &&
           !std::get<bool>(entry.value);
  });
  if (is_off || it.options().real("p") == 0) return true;
  if (!it.node().layer()) KerasNode::refuse("it drops elements in evaluation, too");
  return false;
}

CodeCall dropout(const KerasNode& it) {
  if (drops_nothing(it)) return {it.in()};
  CodeCall call{"layers.Dropout("};
  call.arguments = {keras_placed("rate", python_number(it.options().real("p")))};
  call.tail = fmt::format(")({})", it.in());
  return call;
}

// Whole channels are dropped.
KerasForm channel_dropout(std::size_t spatial) {
  return [spatial](const KerasNode& it) {
    if (drops_nothing(it)) return CodeCall{it.in()};
    const std::size_t rank = it.shape().size();
    if (rank < 2 || rank > spatial + 2) KerasNode::refuse("data of this rank");
    const std::size_t kept = rank == spatial + 1 ? 1 : 2;
    std::vector<std::string> noise(rank, "1");
    std::fill_n(noise.begin(), kept, "None");
    CodeCall call{"layers.Dropout("};
    call.arguments = {keras_placed("rate", python_number(it.options().real("p"))),
                      keras_fixed("noise_shape", fmt::format("({})", fmt::join(noise, ", ")))};
    call.tail = fmt::format(")({})", it.in());
    return call;
  };
}

CodeCall attention_call(const KerasNode& it) {
  it.takes_only({"dropout_p", "is_causal", "scale", "enable_gqa"});
  const Attributes& options = it.options();
  CodeCall call{it.helper("attention") + "("};
  for (std::size_t port = 0; port < 3; ++port) call.arguments.push_back(keras_value(it.in(port)));
  const auto add = [&](const char* name, std::string text) {
    call.arguments.push_back(keras_fixed(name, std::move(text)));
  };
  if (!it.shape().back().known()) KerasNode::refuse("a size that only the data tell");
  if (options.has("enable_gqa") && options.boolean("enable_gqa")) {
    const Dim &heads = it.shape(0).end()[-3], &groups = it.shape(1).end()[-3];
    if (!heads.known() || !groups.known()) KerasNode::refuse("heads that only the data tell");
    if (groups != heads) add("groups", std::to_string(groups.value()));
  }
  if (it.linked(3)) add("mask", it.in(3));
  if (options.boolean("is_causal")) add("causal", "True");
  if (options.has("scale")) add("scale", python_number(options.real("scale")));
  const bool drops = options.real("dropout_p") > 0;
  if (drops && !it.node().layer()) KerasNode::refuse("it drops weights in evaluation, too");
  if (drops) add("dropout", python_number(options.real("dropout_p")));
  call.tail = ")";
  return call;
}

KerasForms of_rank(std::size_t rank) {
  const std::string d = std::to_string(rank) + "d";
  KerasForms forms = {{"max_pool" + d, max_pooled},
                      {"avg_pool" + d, average_pooled},
                      {"adaptive_avg_pool" + d, adaptive(false)},
                      {"adaptive_max_pool" + d, adaptive(true)},
                      {"dropout" + d, channel_dropout(rank)},
                      {"ConstantPad" + d, bordered("constant")},
                      {"ZeroPad" + d, bordered("constant")},
                      {"ReflectionPad" + d, bordered("reflect")}};
  return forms;
}

}  // namespace

const KerasForms& keras_images() {
  static const KerasForms forms = [] {
    KerasForms all = {{"pad", pad},
                      {"interpolate", resized},
                      {"UpsamplingNearest2d", resized},
                      {"pixel_shuffle", rearranged("pixel_shuffle", "upscale_factor")},
                      {"pixel_unshuffle", rearranged("pixel_unshuffle", "downscale_factor")},
                      {"channel_shuffle", rearranged("channel_shuffle", "groups")},
                      {"dropout", dropout},
                      {"scaled_dot_product_attention", attention_call}};
    for (const std::size_t rank : {1, 2, 3}) all.merge(of_rank(rank));
    return all;
  }();
  return forms;
}

}  // namespace orrery
