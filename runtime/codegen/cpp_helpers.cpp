#include "runtime/codegen/cpp_helpers.h"

#include <array>

namespace orrery {
namespace {

struct CppHelper {
  const char* name;
  const char* text;
};

constexpr std::array kCppHelpers = {CppHelper{"linear", R"(
Tensor linear(const Tensor& x, const Weights& w) {
  return torch::linear(x, w["weight"], w.find("bias"));
}
)"},
                                    CppHelper{"embedding", R"(
Tensor embedding(const Tensor& x, const Weights& w) { return torch::embedding(w["weight"], x); }
)"},
                                    CppHelper{"conv1d", R"(
Tensor conv1d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv1d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv2d", R"(
Tensor conv2d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv2d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv3d", R"(
Tensor conv3d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1, at::IntArrayRef padding = 0,
              at::IntArrayRef dilation = 1, int64_t groups = 1) {
  return torch::conv3d(x, w["weight"], w.find("bias"), stride, padding, dilation, groups);
}
)"},
                                    CppHelper{"conv_transpose1d", R"(
Tensor conv_transpose1d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose1d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"conv_transpose2d", R"(
Tensor conv_transpose2d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose2d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"conv_transpose3d", R"(
Tensor conv_transpose3d(const Tensor& x, const Weights& w, at::IntArrayRef stride = 1,
                        at::IntArrayRef padding = 0, at::IntArrayRef output_padding = 0,
                        int64_t groups = 1, at::IntArrayRef dilation = 1) {
  return torch::conv_transpose3d(x, w["weight"], w.find("bias"), stride, padding, output_padding, groups,
                                 dilation);
}
)"},
                                    CppHelper{"batch_norm", R"(
Tensor batch_norm(const Tensor& x, const Weights& w, double eps = 1e-05) {
  return torch::batch_norm(x, w.find("weight"), w.find("bias"), w["running_mean"], w["running_var"], false,
                           0.0, eps, false);
}
)"},
                                    CppHelper{"layer_norm", R"(
Tensor layer_norm(const Tensor& x, const Weights& w, at::IntArrayRef shape, double eps = 1e-05) {
  return torch::layer_norm(x, shape, w.find("weight"), w.find("bias"), eps);
}
)"},
                                    CppHelper{"rms_norm", R"(
Tensor rms_norm(const Tensor& x, const Weights& w, at::IntArrayRef shape, std::optional<double> eps = {}) {
  return torch::rms_norm(x, shape, w.find("weight"), eps);
}
)"},
                                    CppHelper{"group_norm", R"(
Tensor group_norm(const Tensor& x, const Weights& w, int64_t groups, double eps = 1e-05) {
  return torch::group_norm(x, groups, w.find("weight"), w.find("bias"), eps);
}
)"},
                                    CppHelper{"prelu", R"(
Tensor prelu(const Tensor& x, const Weights& w) { return torch::prelu(x, w["weight"]); }
)"},
                                    CppHelper{"recurrent_weights", R"(
// In LibTorch's order: of each layer and direction what reads the input, the state, and their biases.
std::vector<Tensor> recurrent_weights(const Weights& w, int64_t layers, bool bidirectional) {
  std::vector<Tensor> all;
  for (int64_t layer = 0; layer < layers; ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      if (*direction && !bidirectional) continue;
      for (const char* slot : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"}) {
        const Tensor tensor = w.find(slot + std::to_string(layer) + direction);
        if (tensor.defined()) all.push_back(tensor);
      }
    }
  }
  return all;
}

// The states before the first step where none are given.
Tensor zero_state(const Tensor& x, const Tensor& recurrent_weight, int64_t count, bool batch_first) {
  return torch::zeros({count, x.size(batch_first ? 0 : 1), recurrent_weight.size(1)}, x.options());
}
)"},
                                    CppHelper{"lstm", R"(
std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Tensor& h, const Tensor& c, const Weights& w,
                                        int64_t layers, bool bidirectional = false,
                                        bool batch_first = false) {
  const std::vector<Tensor> all = recurrent_weights(w, layers, bidirectional);
  return torch::lstm(x, {h, c}, all, w.find("bias_ih_l0").defined(), layers, 0.0, false, bidirectional,
                     batch_first);
}

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& x, const Weights& w, int64_t layers,
                                        bool bidirectional = false, bool batch_first = false) {
  const Tensor zeros = zero_state(x, w["weight_hh_l0"], bidirectional ? 2 * layers : layers, batch_first);
  return lstm(x, zeros, zeros, w, layers, bidirectional, batch_first);
}
)"},
                                    CppHelper{"gru", R"(
std::tuple<Tensor, Tensor> gru(const Tensor& x, const Tensor& h, const Weights& w, int64_t layers,
                               bool bidirectional = false, bool batch_first = false) {
  const std::vector<Tensor> all = recurrent_weights(w, layers, bidirectional);
  return torch::gru(x, h, all, w.find("bias_ih_l0").defined(), layers, 0.0, false, bidirectional,
                    batch_first);
}

std::tuple<Tensor, Tensor> gru(const Tensor& x, const Weights& w, int64_t layers,
                               bool bidirectional = false, bool batch_first = false) {
  const Tensor zeros = zero_state(x, w["weight_hh_l0"], bidirectional ? 2 * layers : layers, batch_first);
  return gru(x, zeros, w, layers, bidirectional, batch_first);
}
)"},
                                    CppHelper{"attention", R"(
// Query, key and value stand in one matrix, and heads in its rows.
Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, const Weights& w,
                 int64_t heads) {
  const auto kernels = w["in_proj_weight"].chunk(3);
  const Tensor bias = w.find("in_proj_bias");
  const auto projected = [&](const Tensor& x, int64_t part) {
    const Tensor shift = bias.defined() ? bias.chunk(3)[part] : Tensor();
    return torch::linear(x, kernels[part], shift).unflatten(2, {heads, -1}).transpose(1, 2);
  };
  const Tensor found = torch::scaled_dot_product_attention(projected(query, 0), projected(key, 1),
                                                           projected(value, 2));
  return torch::linear(found.transpose(1, 2).flatten(2), w["out_proj.weight"], w.find("out_proj.bias"));
}
)"},
                                    CppHelper{"unpack", R"(
template <std::size_t... At>
auto unpack_at(const std::vector<Tensor>& parts, std::index_sequence<At...>) {
  return std::tuple(parts[At]...);
}

template <std::size_t Count>
auto unpack(const std::vector<Tensor>& parts) {
  return unpack_at(parts, std::make_index_sequence<Count>());
}
)"}};

constexpr const char* kWeights = R"(using torch::Tensor;

std::vector<char> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What a safetensors file begins with, JSON of names, numbers and texts alone.
class Header {
 public:
  explicit Header(std::string text) : text_(std::move(text)) {}

  bool take(char sign) {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    if (at_ == text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }

  void expect(char sign) {
    if (!take(sign)) throw std::runtime_error("the header of the weights is damaged");
  }

  std::string text() {
    std::string text;
    for (expect('"'); at_ < text_.size() && text_[at_] != '"'; ++at_)
      text += text_[at_] == '\\' ? escaped() : std::string(1, text_[at_]);
    expect('"');
    return text;
  }

  std::vector<int64_t> numbers() {
    std::vector<int64_t> numbers;
    expect('[');
    while (!take(']')) {
      std::size_t length = 0;
      numbers.push_back(std::stoll(text_.substr(at_, 24), &length));
      at_ += length;
      take(',');
    }
    return numbers;
  }

  template <class Read>
  void members(Read read) {
    expect('{');
    while (!take('}')) {
      const std::string name = text();
      expect(':');
      read(name);
      take(',');
    }
  }

 private:
  std::string escaped() {
    const char sign = ++at_ < text_.size() ? text_[at_] : '\0';
    if (sign != 'u') return std::string(1, sign == 'n' ? '\n' : sign == 't' ? '\t' : sign);
    const unsigned code = static_cast<unsigned>(std::stoul(text_.substr(at_ + 1, 4), nullptr, 16));
    at_ += 4;
    const auto byte = [](unsigned bits) { return static_cast<char>(bits); };
    if (code < 0x80) return {byte(code)};
    if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
    return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  }

  std::string text_;
  std::size_t at_ = 0;
};

// A tensor of a safetensors file, whose bytes stand between the header and the end.
Tensor read_tensor(Header& header, std::ifstream& file, int64_t begin, int64_t end) {
  static const std::map<std::string, torch::ScalarType> types = {
      {"F64", torch::kFloat64},   {"F32", torch::kFloat32}, {"F16", torch::kFloat16},
      {"BF16", torch::kBFloat16}, {"I64", torch::kInt64},   {"I32", torch::kInt32},
      {"I16", torch::kInt16},     {"I8", torch::kInt8},     {"U8", torch::kUInt8},
      {"BOOL", torch::kBool}};
  std::string type;
  std::vector<int64_t> shape, ends;
  header.members([&](const std::string& name) {
    if (name == "dtype")
      type = header.text();
    else
      (name == "shape" ? shape : ends) = header.numbers();
  });
  const auto known = types.find(type);
  if (known == types.end()) throw std::runtime_error("weights of type " + type + " are not read");
  const int64_t size = c10::multiply_integers(shape) * static_cast<int64_t>(c10::elementSize(known->second));
  const bool fits = ends.size() == 2 && ends[0] >= 0 && ends[1] - ends[0] == size && ends[1] <= end - begin;
  if (!fits) throw std::runtime_error("the weights are cut off or damaged");
  Tensor tensor = torch::empty(shape, known->second);
  file.seekg(begin + ends[0]);
  if (!file.read(static_cast<char*>(tensor.data_ptr()), size)) throw std::runtime_error("cannot read weights");
  return tensor;
}

// All tensors of a file, https://huggingface.co/docs/safetensors: the header's length, the header, bytes.
std::map<std::string, Tensor> read_weights(const std::string& path, torch::Device device) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const int64_t whole = file ? static_cast<int64_t>(file.tellg()) : 0;
  int64_t length = 0;
  file.seekg(0);
  file.read(reinterpret_cast<char*>(&length), sizeof length);
  if (!file || length < 2 || length > whole - 8)
    throw std::runtime_error("cannot read " + path + " as safetensors");
  std::string text(static_cast<std::size_t>(length), ' ');
  file.read(text.data(), length);
  Header header(std::move(text));
  std::map<std::string, Tensor> tensors;
  header.members([&](const std::string& name) {
    if (name == "__metadata__")
      header.members([&](const std::string&) { header.text(); });
    else
      tensors.emplace(name, read_tensor(header, file, length + 8, whole).to(device));
  });
  return tensors;
}

// The weights of a model by their names, or those of a part, whose names begin alike. Copies share them.
class Weights {
 public:
  // Reads a model that Orrery saved, or any safetensors file with its names.
  Weights(const std::string& path, torch::Device device)
      : tensors_(std::make_shared<std::map<std::string, Tensor>>(read_weights(path, device))) {}

  Weights operator/(const std::string& part) const {
    Weights within = *this;
    within.prefix_ += part + ".";
    return within;
  }

  Tensor operator[](const std::string& name) const {
    const Tensor tensor = find(name);
    if (!tensor.defined()) throw std::runtime_error("there is no weight " + prefix_ + name);
    return tensor;
  }

  // Undefined where there is none.
  Tensor find(const std::string& name) const {
    const auto found = tensors_->find(prefix_ + name);
    return found == tensors_->end() ? Tensor() : found->second;
  }

 private:
  std::shared_ptr<std::map<std::string, Tensor>> tensors_;
  std::string prefix_;
};
)";

}  // namespace

std::string cpp_weights() { return kWeights; }

std::string cpp_helpers(std::set<std::string> called, const std::string& functions) {
  if (called.contains("lstm") || called.contains("gru")) called.insert("recurrent_weights");
  if (functions.find("unpack<") != std::string::npos) called.insert("unpack");
  std::string text;
  for (const CppHelper& helper : kCppHelpers)
    if (called.contains(helper.name)) text += helper.text;
  return text;
}

}  // namespace orrery
