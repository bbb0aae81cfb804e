#pragma once

#include <initializer_list>
#include <string>

#include "runtime/formats/onnx_file.h"
#include "tests/files/error_of.h"
#include "tests/formats/onnx_messages.h"

// Models of `onnx_messages.h` given to the reader.

namespace orrery::onnx_messages {

inline OnnxModel read(const std::string& bytes) { return onnx_from_text(bytes, "net.onnx")->model(); }

inline std::string refusal(const std::string& bytes) {
  return error_of(Fault::input_file, [&] { read(bytes); });
}

/// The elements of the one initializer.
inline std::string elements(const std::string& initializer) {
  const auto file = onnx_from_text(model_of(initializer), "net.onnx");
  return std::string(file->elements(file->model().graph.initializers.at(0)).text());
}

inline std::string tensor_refusal(const std::string& initializer) { return refusal(model_of(initializer)); }

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

/// A whole model: a node, and an initializer of each kind.
inline std::string small_model() {
  const std::string weight = raw_tensor(OnnxDType::float32, {2}, "12345678");
  const std::string counts = tensor(OnnxDType::int64, {2}, [](Writer& w) {
    const std::vector<std::int64_t> numbers{1, -1};
    w.add_packed_int64(7, numbers.begin(), numbers.end());
    w.add_string(8, "counts");
  });
  const std::string axis =
      attribute("axis", OnnxAttribute::Kind::integer, [](Writer& w) { w.add_int64(3, 1); });
  return model(message([&](Writer& w) {
    w.add_message(1, node("Concat", {"w", "x"}, {"y"}, {axis}));
    w.add_message(5, weight);
    w.add_message(5, counts);
  }));
}

}  // namespace orrery::onnx_messages
