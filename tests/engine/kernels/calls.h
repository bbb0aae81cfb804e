#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/ops/operations.h"

namespace orrery {

/// Operations computed on tensors at once.
class Calls : public testing::Test {
 protected:
  using Given = std::vector<Attributes::Entry>;

  at::Tensor transform(const std::string& operation, const std::vector<at::Tensor>& inputs,
                       const Given& given = {}) {
    const Descriptor& descriptor = operations().get(operation);
    return compute(engine_, descriptor, checked_attributes(descriptor.attributes, given), inputs)[0];
  }
  LayerPtr layer(const std::string& kind, const Given& given) {
    const Descriptor& descriptor = operations().get(kind);
    return runtime_.make_layer(descriptor, checked_attributes(descriptor.attributes, given), {});
  }
  at::Tensor call(const LayerPtr& layer, const std::vector<at::Tensor>& inputs, bool training = true) {
    return compute(engine_, *layer, inputs, training)[0];
  }
  at::Tensor owned(const LayerPtr& layer, const std::string& name) {
    return engine_.tensor(layer->parameter(name));
  }
  static std::string message_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.message();
    }
    return "nothing was thrown";
  }

  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
};

}  // namespace orrery
