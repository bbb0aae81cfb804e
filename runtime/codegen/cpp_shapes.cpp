#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/cpp_form.h"

// Shapes, parts, copies, types, and tensors that are made.

namespace orrery {
namespace {

CodeCall cpp_same(const CppNode& it) { return {it.in()}; }

CodeCall cpp_reshape(const CppNode& it) {
  return {fmt::format("{}.reshape({})", it.in(), it.open_sizes(it.given()))};
}

CodeCall cpp_expand(const CppNode& it) {
  return {fmt::format("{}.expand({})", it.in(), it.sizes(it.given()))};
}

CodeCall cpp_repeat(const CppNode& it) {
  return {fmt::format("{}.repeat({})", it.in(), it.sizes(it.options().shape("repeats")))};
}

// `x.transpose(1, 2)`: a method with options by place, all of which are there.
CppForm cpp_method(std::string name, std::vector<const char*> options) {
  return [name = std::move(name), options = std::move(options)](const CppNode& it) {
    std::vector<std::string> words;
    for (const char* option : options) words.push_back(it.text(option));
    return CodeCall{fmt::format("{}.{}({})", it.in(), name, fmt::join(words, ", "))};
  };
}

CodeCall cpp_squeeze(const CppNode& it) {
  return {fmt::format("{}.squeeze({})", it.in(), it.options().has("dim") ? it.text("dim") : "")};
}

CodeCall cpp_slice(const CppNode& it) {
  const auto end = [&](const char* option) {
    return it.options().has(option) ? it.integer(option) : std::string("std::nullopt");
  };
  return {fmt::format("{}.slice({}, {}, {}, {})", it.in(), it.integer("dim"), end("start"), end("end"),
                      it.integer("step"))};
}

CppForm cpp_joined(std::string name) {
  return [name = std::move(name)](const CppNode& it) {
    return CodeCall{fmt::format("torch::{}({}, {})", name, it.listed(), it.integer("dim"))};
  };
}

CodeCall cpp_converted(const CppNode& it) {
  return {fmt::format("{}.to({})", it.in(), cpp_dtype(it.node().outputs()[0].dtype))};
}

// What makes a tensor makes it where the data are.
std::string cpp_made_as(const CppNode& it) {
  const std::string dtype = fmt::format("torch::dtype({})", cpp_dtype(it.node().outputs()[0].dtype));
  const auto& known = it.scope().known;
  return known.empty() ? dtype : fmt::format("{}.device({}.device())", dtype, it.scope().name(known.front()));
}

CppForm cpp_filled(std::string name) {
  return [name = std::move(name)](const CppNode& it) {
    return CodeCall{fmt::format("torch::{}({}, {})", name, it.sizes(it.given()), cpp_made_as(it))};
  };
}

CodeCall cpp_range(const CppNode& it) {
  std::vector<std::string> ends;
  for (const Dim& dim : it.options().shape("range")) ends.push_back(it.size(dim));
  return {fmt::format("torch::arange({}, {})", fmt::join(ends, ", "), cpp_made_as(it))};
}

std::size_t cpp_dim(const CppNode& it) {
  const std::int64_t rank = std::ssize(it.node().inputs()[0].shape());
  return static_cast<std::size_t>((it.options().integer("dim") + rank) % rank);
}

CodeCall cpp_unbind(const CppNode& it) {
  return {fmt::format("unpack<{}>({}.unbind({}))", it.node().outputs().size(), it.in(), cpp_dim(it))};
}

CodeCall cpp_split(const CppNode& it) {
  const std::size_t dim = cpp_dim(it);
  std::vector<std::string> words;
  for (const TensorType& part : it.node().outputs()) words.push_back(it.size(part.shape[dim]));
  return {
      fmt::format("unpack<{}>({}.split_with_sizes({}, {}))", words.size(), it.in(), cpp_list(words), dim)};
}

}  // namespace

const CppForms& cpp_shapes() {
  static const CppForms forms = [] {
    CppForms all = {{"permute", cpp_method("permute", {"dims"})},
                    {"transpose", cpp_method("transpose", {"dim0", "dim1"})},
                    {"swapdims", cpp_method("transpose", {"dim0", "dim1"})},
                    {"t", cpp_method("t", {})},
                    {"unsqueeze", cpp_method("unsqueeze", {"dim"})},
                    {"squeeze", cpp_squeeze},
                    {"select", cpp_method("select", {"dim", "index"})},
                    {"narrow", cpp_method("narrow", {"dim", "start", "length"})},
                    {"slice", cpp_slice},
                    {"cat", cpp_joined("cat")},
                    {"stack", cpp_joined("stack")},
                    {"repeat", cpp_repeat},
                    {"zeros", cpp_filled("zeros")},
                    {"ones", cpp_filled("ones")},
                    {"arange", cpp_range},
                    {"unbind", cpp_unbind}};
    for (const char* name : {"contiguous", "clone", "detach", "positive"}) all.emplace(name, cpp_same);
    for (const char* name : {"reshape", "view", "flatten", "unflatten", "ravel", "reshape_as", "view_as"})
      all.emplace(name, cpp_reshape);
    for (const char* name : {"expand", "broadcast_to", "expand_as"}) all.emplace(name, cpp_expand);
    for (const char* name : {"to", "type_as", "float", "long", "int", "bool", "double"})
      all.emplace(name, cpp_converted);
    for (const char* name : {"split", "chunk"}) all.emplace(name, cpp_split);
    return all;
  }();
  return forms;
}

}  // namespace orrery
