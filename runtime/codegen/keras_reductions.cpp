#include <fmt/format.h>

#include "runtime/codegen/keras_form.h"

// One number of many, running sums, and orders.
namespace orrery {
namespace {

KerasForm reduced(const char* function) {
  return keras_function(function, {{"dim", "axis"}, {"keepdim", "keepdims"}});
}

// PyTorch divides by one less than Keras does, unless told otherwise.
KerasForm spread(const char* function) {
  return [function](const KerasNode& it) {
    it.takes_only({"dim", "keepdim", "unbiased", "correction"});
    const Attributes& options = it.options();
    const bool is_biased = (options.has("unbiased") && !options.boolean("unbiased")) ||
                           (options.has("correction") && options.real("correction") == 0);
    if (!is_biased) KerasNode::refuse("a correction other than 0");
    CodeCall call{std::string(function) + "("};
    call.arguments.push_back(keras_value(it.in()));
    if (options.has("dim")) call.arguments.push_back(keras_fixed("axis", keras_axes(options.at("dim"))));
    if (options.boolean("keepdim")) call.arguments.push_back(keras_fixed("keepdims", "True"));
    call.tail = ")";
    return call;
  };
}

std::string along(const KerasNode& it) {
  return fmt::format("({}, axis={}{})", it.in(), it.options().integer("dim"),
                     it.options().boolean("keepdim") ? ", keepdims=True" : "");
}

// The values, where they are, or both.
KerasForm extreme(const std::string& word) {
  return [word](const KerasNode& it) {
    if (it.linked(1)) return CodeCall{fmt::format("ops.{}imum({}, {})", word, it.in(0), it.in(1))};
    if (!it.options().has("dim")) return CodeCall{fmt::format("ops.{}({})", word, it.in())};
    const std::string values = fmt::format("ops.{}{}", word, along(it));
    const std::string places = fmt::format("ops.arg{}{}", word, along(it));
    if (!it.is_read(1)) return CodeCall{values};
    return CodeCall{it.is_read(0) ? values + ", " + places : places};
  };
}

CodeCall largest(const KerasNode& it) {
  it.takes_only({"k", "dim"});
  const std::int64_t dim = it.options().integer("dim");
  if (dim != -1 && dim != std::ssize(it.shape()) - 1) KerasNode::refuse("a dimension that is not the last");
  return {fmt::format("ops.top_k({}, {})", it.in(), it.options().integer("k"))};
}

}  // namespace

const KerasForms& keras_reductions() {
  static const KerasForms forms = {{"sum", reduced("ops.sum")},
                                   {"mean", reduced("ops.mean")},
                                   {"prod", reduced("ops.prod")},
                                   {"amax", reduced("ops.max")},
                                   {"amin", reduced("ops.min")},
                                   {"any", reduced("ops.any")},
                                   {"all", reduced("ops.all")},
                                   {"argmax", reduced("ops.argmax")},
                                   {"argmin", reduced("ops.argmin")},
                                   {"logsumexp", reduced("ops.logsumexp")},
                                   {"count_nonzero", keras_function("ops.count_nonzero", {{"dim", "axis"}})},
                                   {"cumsum", keras_function("ops.cumsum", {{"dim", "axis", true}})},
                                   {"cumprod", keras_function("ops.cumprod", {{"dim", "axis", true}})},
                                   {"var", spread("ops.var")},
                                   {"std", spread("ops.std")},
                                   {"max", extreme("max")},
                                   {"min", extreme("min")},
                                   {"topk", largest}};
  return forms;
}

}  // namespace orrery
