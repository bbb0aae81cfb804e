#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/governors/data_source.h"

namespace orrery {

/// What images of bytes have for white, which is 1 in floating point.
inline constexpr double kByteWhite = 255;

// The tensors of a source, one per field in the order of its fields, on the CPU; one function per kind.
// What a file holds is compared with its own headers, not yet with the source's promises.

std::vector<at::Tensor> digits_tensors(const DataSource& source);
std::vector<at::Tensor> fashion_mnist_tensors(const DataSource& source);
std::vector<at::Tensor> idx_tensors(const DataSource& source);
std::vector<at::Tensor> csv_tensors(const DataSource& source);
std::vector<at::Tensor> random_tensors(const DataSource& source, std::uint64_t seed);
std::vector<at::Tensor> given_tensors(const DataSource& source);
std::vector<at::Tensor> npy_tensors(const DataSource& source);
std::vector<at::Tensor> npz_tensors(const DataSource& source);
std::vector<at::Tensor> safetensors_tensors(const DataSource& source);

}  // namespace orrery
