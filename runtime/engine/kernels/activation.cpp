#include <ATen/ATen.h>

#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/options.h"

namespace orrery {
namespace {

using Outputs = std::vector<at::Tensor>;

Outputs relu(const KernelContext& k) { return {at::relu(k.input())}; }
Outputs tanh(const KernelContext& k) { return {at::tanh(k.input())}; }
Outputs sigmoid(const KernelContext& k) { return {at::sigmoid(k.input())}; }

Outputs softmax(const KernelContext& k) {
  return {at::softmax(k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

Outputs log_softmax(const KernelContext& k) {
  return {at::log_softmax(k.input(), k.attributes.integer("dim"), wanted_dtype(k.attributes))};
}

constexpr KernelEntry kKernels[] = {
    {"ReLU", relu},
    {"relu", relu},
    {"Tanh", tanh},
    {"tanh", tanh},
    {"Sigmoid", sigmoid},
    {"sigmoid", sigmoid},
    {"Softmax", softmax},
    {"softmax", softmax},
    {"LogSoftmax", log_softmax},
    {"log_softmax", log_softmax},
};

}  // namespace

std::span<const KernelEntry> activation_kernels() { return kKernels; }

}  // namespace orrery
