#include "runtime/formats/onnx_writer.h"

#include <fmt/format.h>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/formats/onnx_tensor.h"
#include "runtime/formats/proto_message.h"

namespace orrery {
namespace {

using PbfWriter = protozero::pbf_writer;

// What comes before the bytes of a field: its tag and their length.
std::string field_head(std::uint32_t field, std::uint64_t length) {
  std::string head;
  protozero::write_varint(std::back_inserter(head), std::uint64_t{field} << 3 | 2);
  protozero::write_varint(std::back_inserter(head), length);
  return head;
}

void add_text(PbfWriter& writer, protozero::pbf_tag_type field, const std::string& text) {
  if (!text.empty()) writer.add_string(field, text);
}

std::string entry_message(const std::string& key, const std::string& value) {
  std::string bytes;
  PbfWriter writer(bytes);
  writer.add_string(1, key);
  writer.add_string(2, value);
  return bytes;
}

// All of a tensor but elements that are given later.
std::string tensor_message(const OnnxTensor& tensor) {
  std::string bytes;
  PbfWriter writer(bytes);
  writer.add_packed_int64(1, tensor.shape.begin(), tensor.shape.end());
  writer.add_int32(2, static_cast<std::int32_t>(tensor.dtype));
  for (const std::string& text : tensor.texts) writer.add_bytes(6, text);
  add_text(writer, 8, tensor.name);
  if (tensor.bytes) writer.add_bytes(9, *tensor.bytes);
  if (tensor.place == OnnxTensor::Place::external) {
    writer.add_message(13, entry_message("location", tensor.location));
    writer.add_message(13, entry_message("offset", std::to_string(tensor.offset)));
    writer.add_message(13, entry_message("length", std::to_string(tensor.length)));
    writer.add_enum(14, 1);
  }
  return bytes;
}

std::string graph_message(const OnnxGraph& graph, bool with_initializers);

std::string attribute_message(const OnnxAttribute& attribute) {
  using Kind = OnnxAttribute::Kind;
  std::string bytes;
  PbfWriter writer(bytes);
  writer.add_string(1, attribute.name);
  switch (attribute.kind) {
    case Kind::real: writer.add_float(2, static_cast<float>(attribute.real)); break;
    case Kind::integer: writer.add_int64(3, attribute.integer); break;
    case Kind::text: writer.add_bytes(4, attribute.text); break;
    case Kind::tensor: writer.add_message(5, tensor_message(attribute.tensors.at(0))); break;
    case Kind::graph: writer.add_message(6, graph_message(*attribute.graphs.at(0), true)); break;
    case Kind::reals:
      for (const double real : attribute.reals) writer.add_float(7, static_cast<float>(real));
      break;
    case Kind::integers:
      writer.add_packed_int64(8, attribute.integers.begin(), attribute.integers.end());
      break;
    case Kind::texts:
      for (const std::string& text : attribute.texts) writer.add_bytes(9, text);
      break;
    default: invariant(false, "an attribute of a kind that is not written");
  }
  writer.add_enum(20, static_cast<std::int32_t>(attribute.kind));
  add_text(writer, 21, attribute.reference);
  return bytes;
}

std::string node_message(const OnnxNode& node) {
  std::string bytes;
  PbfWriter writer(bytes);
  for (const std::string& input : node.inputs) writer.add_string(1, input);
  for (const std::string& output : node.outputs) writer.add_string(2, output);
  add_text(writer, 3, node.name);
  writer.add_string(4, node.operation);
  for (const OnnxAttribute& attribute : node.attributes) writer.add_message(5, attribute_message(attribute));
  add_text(writer, 7, node.domain);
  return bytes;
}

std::string shape_message(const std::vector<OnnxDim>& shape) {
  std::string bytes;
  PbfWriter writer(bytes);
  for (const OnnxDim& dim : shape) {
    std::string size;
    PbfWriter dim_writer(size);
    if (dim.size >= 0)
      dim_writer.add_int64(1, dim.size);
    else
      add_text(dim_writer, 2, dim.symbol);
    writer.add_message(1, size);
  }
  return bytes;
}

std::string value_message(const OnnxValue& value) {
  invariant(value.type.kind == OnnxType::Kind::tensor, "a value is written that is no tensor");
  std::string tensor, type, bytes;
  PbfWriter tensor_writer(tensor), type_writer(type), writer(bytes);
  tensor_writer.add_int32(1, static_cast<std::int32_t>(value.type.dtype));
  if (value.type.shape) tensor_writer.add_message(2, shape_message(*value.type.shape));
  type_writer.add_message(1, tensor);
  writer.add_string(1, value.name);
  writer.add_message(2, type);
  return bytes;
}

std::string graph_message(const OnnxGraph& graph, bool with_initializers) {
  std::string bytes;
  PbfWriter writer(bytes);
  for (const OnnxNode& node : graph.nodes) writer.add_message(1, node_message(node));
  add_text(writer, 2, graph.name);
  for (const OnnxValue& value : graph.inputs) writer.add_message(11, value_message(value));
  for (const OnnxValue& value : graph.outputs) writer.add_message(12, value_message(value));
  for (const OnnxValue& value : graph.values) writer.add_message(13, value_message(value));
  if (with_initializers)
    for (const OnnxTensor& tensor : graph.initializers) writer.add_message(5, tensor_message(tensor));
  return bytes;
}

// All of a model but its graph.
std::string model_message(const OnnxModel& model) {
  std::string bytes;
  PbfWriter writer(bytes);
  writer.add_int64(1, model.ir_version);
  add_text(writer, 2, model.producer);
  add_text(writer, 3, model.producer_version);
  add_text(writer, 4, model.domain);
  add_text(writer, 6, model.doc);
  for (const auto& [domain, version] : model.opsets) {
    std::string set;
    PbfWriter set_writer(set);
    set_writer.add_string(1, domain);
    set_writer.add_int64(2, version);
    writer.add_message(8, set);
  }
  for (const auto& [key, value] : model.metadata) writer.add_message(14, entry_message(key, value));
  return bytes;
}

class ModelWriting {
 public:
  ModelWriting(const std::string& path, const OnnxModel& model, const OnnxWriting& writing,
               const FileSystem& files)
      : path_(path), model_(model), writing_(writing), files_(files), tensors_(model.graph.initializers) {}

  void write() {
    if (writing_.beside) write_beside();
    const std::string model = model_message(model_), graph = graph_message(model_.graph, false);
    std::uint64_t size = graph.size();
    for (const OnnxTensor& tensor : tensors_) {
      const std::uint64_t length = length_of(tensor);
      size += field_head(5, length).size() + length;
    }
    const std::string head = model + field_head(7, size) + graph;
    const std::uint64_t all = head.size() + size - graph.size();
    check_size(all);
    AtomicWriter writer(path_, all, files_);
    writer.write(head);
    for (const OnnxTensor& tensor : tensors_) write_initializer(writer, tensor);
    writer.commit();
  }

 private:
  static bool is_given_later(const OnnxTensor& tensor) {
    return tensor.place == OnnxTensor::Place::none && onnx_tensor_bytes(tensor.dtype, tensor.shape) != 0;
  }

  static std::uint64_t later_bytes(const OnnxTensor& tensor) {
    return is_given_later(tensor) ? onnx_tensor_bytes(tensor.dtype, tensor.shape).value() : 0;
  }

  static std::uint64_t length_of(const OnnxTensor& tensor) {
    const std::uint64_t later = later_bytes(tensor);
    return tensor_message(tensor).size() + (later > 0 ? field_head(9, later).size() + later : 0);
  }

  Bytes elements_of(const OnnxTensor& tensor) const {
    Bytes bytes = writing_.elements(tensor);
    invariant(bytes.size() == later_bytes(tensor),
              "an initializer is given other bytes than its shape takes");
    return bytes;
  }

  void write_initializer(AtomicWriter& writer, const OnnxTensor& tensor) const {
    writer.write(field_head(5, length_of(tensor)));
    writer.write(tensor_message(tensor));
    if (!is_given_later(tensor)) return;
    writer.write(field_head(9, later_bytes(tensor)));
    writer.write(elements_of(tensor).span());
  }

  // Each tensor begins where memory that is mapped may be read at once.
  void write_beside() {
    constexpr std::uint64_t kAlignment = 64;
    const std::string name = std::string(file_name(path_)) + ".data";
    std::uint64_t at = 0;
    for (OnnxTensor& tensor : tensors_) {
      if (!is_given_later(tensor)) continue;
      at = (at + kAlignment - 1) / kAlignment * kAlignment;
      tensor.offset = at;
      at += tensor.length = later_bytes(tensor);
    }
    AtomicWriter writer(parent_folder(path_) + "/" + name, at, files_);
    for (OnnxTensor& tensor : tensors_) {
      if (!is_given_later(tensor)) continue;
      writer.write(std::string(static_cast<std::size_t>(tensor.offset - writer.written()), '\0'));
      writer.write(elements_of(tensor).span());
      tensor.place = OnnxTensor::Place::external;
      tensor.location = name;
    }
    writer.commit();
  }

  void check_size(std::uint64_t size) const {
    if (size <= ProtoBytes::kMostBytes) return;
    throw Error(Fault::usage,
                fmt::format("{} would have {}, more than an ONNX file can have ({})", quote_path(path_),
                            byte_count(size), byte_count(ProtoBytes::kMostBytes)),
                {}, "Write the weights into a file of their own: --weights beside.");
  }

  const std::string& path_;
  const OnnxModel& model_;
  const OnnxWriting& writing_;
  const FileSystem& files_;
  std::vector<OnnxTensor> tensors_;
};

}  // namespace

void write_onnx(const std::string& path, const OnnxModel& model, const OnnxWriting& writing,
                const FileSystem& files) {
  ModelWriting(path, model, writing, files).write();
}

std::string onnx_text(const OnnxModel& model) {
  std::string bytes = model_message(model);
  PbfWriter(bytes).add_message(7, graph_message(model.graph, true));
  return bytes;
}

}  // namespace orrery
