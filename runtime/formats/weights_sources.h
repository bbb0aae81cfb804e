#pragma once

#include <memory>
#include <string>

#include "runtime/formats/weights_file.h"

namespace orrery {

// One opener per format; `open_weights` chooses.

std::unique_ptr<WeightsFile> open_safetensors_weights(const std::string& path, const FileSystem& files);
std::unique_ptr<WeightsFile> open_pt_weights(const std::string& path, const FileSystem& files);
/// The state dict of a program of torch.export.
std::unique_ptr<WeightsFile> open_pt2_weights(const std::string& path, const FileSystem& files);
std::unique_ptr<WeightsFile> open_npz_weights(const std::string& path, const FileSystem& files);
/// One tensor, called `tensor`.
std::unique_ptr<WeightsFile> open_npy_weights(const std::string& path, const FileSystem& files);
/// The initializers of the model's graph; those of its subgraphs and of `Constant` nodes are left out.
std::unique_ptr<WeightsFile> open_onnx_weights(const std::string& path, const FileSystem& files);
/// The datasets of numbers, by their paths.
std::unique_ptr<WeightsFile> open_hdf5_weights(const std::string& path, const FileSystem& files);
/// Those of the HDF5 file in a `.keras` archive.
std::unique_ptr<WeightsFile> open_keras_weights(const std::string& path, const FileSystem& files);
/// `model.safetensors.index.json`: a JSON object with `weight_map`, tensor → file beside it, as Hugging
/// Face's libraries write it.
std::unique_ptr<WeightsFile> open_indexed_weights(const std::string& path, const FileSystem& files);

/// For readers that make the elements of a tensor in memory of their own.
void copy_elements(const Bytes& from, std::span<std::byte> into);

}  // namespace orrery
