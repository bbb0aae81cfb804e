#include "tests/fuzz/reader_targets.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

#include "runtime/core/error.h"
#include "runtime/formats/csv.h"
#include "runtime/formats/csv_listing.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/idx.h"
#include "runtime/formats/image.h"
#include "runtime/formats/keras_graph.h"
#include "runtime/formats/npy.h"
#include "runtime/formats/npz.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/formats/pickle.h"
#include "runtime/formats/pt2_graph.h"
#include "runtime/formats/pt_reader.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/formats/weights_file.h"
#include "runtime/formats/zip.h"
#include "runtime/graph/json.h"
#include "runtime/onnx/import.h"
#include "runtime/ops/operations.h"
#include "runtime/vizml/read.h"
#include "tests/fuzz/one_file.h"

namespace orrery {
namespace {

using Input = std::span<const std::byte>;

constexpr std::int64_t kMostPixels = 1 << 20;

std::string_view text_of(Input bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Bytes copy_of(Input bytes) {
  Bytes copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

void read_pickle_alone(Input bytes) {
  try {
    read_pt_tree(read_pickle(copy_of(bytes), "'fuzz'"), "'fuzz'");
  } catch (const PickleCut&) {
  }
}

void read_pt(Input bytes) {
  const OneFile files(bytes);
  const PtReader reader("fuzz.pt", files);
  for (const PtTensor& tensor : reader.tree().tensors) reader.read(tensor);
}

void read_safetensors(Input bytes) {
  const OneFile files(bytes);
  const SafetensorsReader reader("fuzz.safetensors", files);
  for (const SafetensorsTensor& tensor : reader.header().tensors) reader.read(tensor);
}

void read_zip(Input bytes) {
  const OneFile files(bytes);
  const ZipReader zip("fuzz.zip", files);
  for (const ZipEntry& entry : zip.entries()) {
    zip.read_start(entry, 100);
    zip.read(entry);
  }
}

void read_npz(Input bytes) {
  const OneFile files(bytes);
  const NpzReader reader("fuzz.npz", files);
  for (const NpzReader::Array& array : reader.arrays()) reader.read(array);
}

void read_npy_alone(Input bytes) { parse_npy(bytes, "'fuzz'"); }

// Whatever the bytes are; an index finds itself in the place of its files.
void read_any_weights(Input bytes) {
  const OneFile files(bytes);
  const auto file = open_weights("fuzz", "", files);
  for (const WeightTensor& tensor : file->listing().tensors) file->read(tensor);
}

void read_idx_alone(Input bytes) { parse_idx(bytes, "'fuzz'"); }

void read_gzip(Input bytes) {
  gunzip_start(bytes, 100, "'fuzz'");
  gunzip(bytes, "'fuzz'", {.max_bytes = 16 << 20});
}

// As numbers, as texts in every other column, and with whatever its cells hold.
void read_csv_all_ways(Input bytes) {
  const auto every_other = [](const std::vector<std::string>& names) {
    std::vector<bool> chosen(names.size());
    for (std::size_t i = 0; i < chosen.size(); i += 2) chosen[i] = true;
    return chosen;
  };
  try {
    parse_csv<float>(text_of(bytes), "'fuzz'");
  } catch (const Error& error) {
    if (error.fault() != Fault::input_file) throw;
  }
  list_csv(text_of(bytes), "'fuzz'");
  parse_csv<double>(text_of(bytes), "'fuzz'", {.is_text = every_other});
}

// A large picture of few bytes is allowed, and only takes long.
void read_picture(Input bytes) {
  const ImageHeader header = parse_image_header(bytes, "'fuzz'");
  if (header.width * header.height > kMostPixels) return;
  parse_image(bytes, ImageMode::rgb, "'fuzz'");
  parse_image(bytes, ImageMode::grey, "'fuzz'");
}

// A file that breaks a rule of graphs is refused like one that breaks a rule of its format.
template <class Read>
void read_checked(Read read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.fault() != Fault::check) throw;
    throw Error(Fault::input_file, error.message());
  }
}

// What is accepted is written and read again without a difference.
void read_graph(Input bytes) {
  Runtime runtime;
  read_checked([&] {
    const std::string text = to_json(*graph_from_json(text_of(bytes), operations(), runtime, "'fuzz'"));
    const std::string again = to_json(*graph_from_json(text, operations(), runtime, "'fuzz'"));
    invariant(text == again, "a graph that was read is another one after it was written");
  });
}

// External data find the model itself in the place of their file.
void read_onnx(Input bytes) {
  const OneFile files(bytes);
  const auto file = open_onnx("fuzz.onnx", files);
  for (const OnnxTensor& tensor : file->model().graph.initializers) file->elements(tensor);
  for (const OnnxNode& node : file->model().graph.nodes)
    for (const OnnxAttribute& attribute : node.attributes)
      for (const OnnxTensor& tensor : attribute.tensors) file->elements(tensor);
  Runtime runtime;
  read_checked([&] { import_onnx(file, operations(), runtime); });
}

void read_vizml_alone(Input bytes) {
  Runtime runtime;
  read_checked([&] { read_vizml(text_of(bytes), runtime, "'fuzz'"); });
}

void read_pt2(Input bytes) {
  const OneFile files(bytes);
  Runtime runtime;
  read_checked([&] { read_pt2_graph("fuzz.pt2", operations(), runtime, files); });
}

// The graph with its weights, or the weights alone where the file has no model.
void read_keras(Input bytes) {
  const OneFile files(bytes);
  const auto weights = open_weights("fuzz.h5", "", files);
  for (const WeightTensor& tensor : weights->listing().tensors) weights->read(tensor);
  Runtime runtime;
  read_checked([&] {
    const auto graph = read_keras_graph("fuzz.h5", operations(), runtime, files);
    for (const Graph::Entry& entry : graph->state(nullptr, true))
      if (entry.parameter->first) entry.parameter->first->read();
  });
}

constexpr std::array kReaderTargets{ReaderTarget{"pickle", read_pickle_alone},
                                    ReaderTarget{"pt", read_pt},
                                    ReaderTarget{"pt2", read_pt2},
                                    ReaderTarget{"safetensors", read_safetensors},
                                    ReaderTarget{"zip", read_zip},
                                    ReaderTarget{"npz", read_npz},
                                    ReaderTarget{"npy", read_npy_alone},
                                    ReaderTarget{"weights", read_any_weights},
                                    ReaderTarget{"idx", read_idx_alone},
                                    ReaderTarget{"gzip", read_gzip},
                                    ReaderTarget{"csv", read_csv_all_ways},
                                    ReaderTarget{"image", read_picture},
                                    ReaderTarget{"graph", read_graph},
                                    ReaderTarget{"onnx", read_onnx},
                                    ReaderTarget{"vizml", read_vizml_alone},
                                    ReaderTarget{"keras", read_keras}};

}  // namespace

std::span<const ReaderTarget> reader_targets() { return kReaderTargets; }

const ReaderTarget& reader_target(std::string_view name) {
  const auto found = std::ranges::find(kReaderTargets, name, &ReaderTarget::name);
  if (found == kReaderTargets.end()) throw std::out_of_range("no target is called so");
  return *found;
}

bool accepts(const ReaderTarget& target, std::span<const std::byte> bytes) {
  try {
    target.read(bytes);
    return true;
  } catch (const Error& error) {
    if (error.fault() != Fault::input_file) throw;
    return false;
  }
}

}  // namespace orrery
