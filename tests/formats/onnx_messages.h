#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "runtime/formats/onnx_model.h"

// Messages of ONNX as bytes, for tests: good ones, and broken ones that no library would write.

namespace orrery::onnx_messages {

using Writer = protozero::pbf_writer;

/// A message of what `fill` writes.
inline std::string message(const std::function<void(Writer&)>& fill) {
  std::string bytes;
  Writer writer(bytes);
  fill(writer);
  return bytes;
}

/// A `dims` and a `data_type`, named `w`, and what `fill` adds.
inline std::string tensor(
    OnnxDType dtype, const std::vector<std::int64_t>& dims,
    const std::function<void(Writer&)>& fill = [](Writer&) {}) {
  return message([&](Writer& w) {
    for (const std::int64_t dim : dims) w.add_int64(1, dim);
    w.add_int32(2, static_cast<std::int32_t>(dtype));
    w.add_string(8, "w");
    fill(w);
  });
}

inline std::string raw_tensor(OnnxDType dtype, const std::vector<std::int64_t>& dims, std::string_view raw) {
  return tensor(dtype, dims, [&](Writer& w) { w.add_bytes(9, raw.data(), raw.size()); });
}

/// A tensor of bytes in another file.
inline std::string external_tensor(const std::vector<std::int64_t>& dims,
                                   const std::vector<std::pair<std::string, std::string>>& keys) {
  return tensor(OnnxDType::uint8, dims, [&](Writer& w) {
    for (const auto& [key, value] : keys) {
      w.add_message(13, message([&](Writer& entry) {
                      entry.add_string(1, key);
                      entry.add_string(2, value);
                    }));
    }
    w.add_enum(14, 1);
  });
}

inline std::string opset(const std::string& domain, std::int64_t version) {
  return message([&](Writer& w) {
    if (!domain.empty()) w.add_string(1, domain);
    w.add_int64(2, version);
  });
}

/// A model of IR version 8 and operator set 17 with a graph of these bytes.
inline std::string model(
    const std::string& graph, const std::function<void(Writer&)>& fill = [](Writer&) {}) {
  return message([&](Writer& w) {
    w.add_int64(1, 8);
    w.add_string(2, "tests");
    w.add_message(8, opset("", 17));
    w.add_message(7, graph);
    fill(w);
  });
}

/// A graph that has only this initializer.
inline std::string graph_of(const std::string& initializer) {
  return message([&](Writer& w) { w.add_message(5, initializer); });
}

inline std::string model_of(const std::string& initializer) { return model(graph_of(initializer)); }

inline std::string node(const std::string& operation, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs,
                        const std::vector<std::string>& attributes = {}) {
  return message([&](Writer& w) {
    for (const std::string& input : inputs) w.add_string(1, input);
    for (const std::string& output : outputs) w.add_string(2, output);
    w.add_string(4, operation);
    for (const std::string& attribute : attributes) w.add_message(5, attribute);
  });
}

inline std::string attribute(const std::string& name, OnnxAttribute::Kind kind,
                             const std::function<void(Writer&)>& fill) {
  return message([&](Writer& w) {
    w.add_string(1, name);
    fill(w);
    if (kind != OnnxAttribute::Kind::undefined) w.add_enum(20, static_cast<std::int32_t>(kind));
  });
}

/// A graph in an attribute of a node of a graph, so many times.
inline std::string nested_graph(int depth) {
  std::string graph = message([](Writer& w) { w.add_string(2, "innermost"); });
  for (int i = 0; i < depth; ++i) {
    const std::string body =
        attribute("body", OnnxAttribute::Kind::graph, [&](Writer& w) { w.add_message(6, graph); });
    graph = message([&](Writer& w) { w.add_message(1, node("If", {"c"}, {"y"}, {body})); });
  }
  return graph;
}

}  // namespace orrery::onnx_messages
