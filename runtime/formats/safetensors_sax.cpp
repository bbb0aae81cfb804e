#include "runtime/formats/safetensors_sax.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr std::size_t kMostTextBytes = 80;
// Only keys that the format does not know can nest deeper than three.
constexpr int kMostSkippedDepth = 64;

// nlohmann's events, taken as a small machine of the places in the text where something may stand.
class HeaderEvents {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit HeaderEvents(SafetensorsHeader& header) : header_(header) {}

  bool null() { return scalar("null"); }
  bool boolean(bool) { return scalar("true or false"); }
  bool number_integer(number_integer_t value) { return scalar(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) { return scalar(text.substr(0, kMostTextBytes)); }
  bool binary(binary_t&) { return scalar("bytes"); }
  bool number_unsigned(number_unsigned_t value);
  bool string(string_t& text);
  bool start_object(std::size_t);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool key(string_t& text);
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error);

  const std::optional<std::string>& wrong() const { return wrong_; }

 private:
  enum class Place { outside, root, metadata, tensor, shape, offsets, skipped };

  bool refuse(std::string what) {
    wrong_ = std::move(what);
    return false;
  }
  std::string about() const;
  bool scalar(const std::string& got);
  bool add_dimension(std::uint64_t value);
  bool add_offset(std::uint64_t value);
  bool open_tensor();
  bool close_tensor();
  bool known_field() const { return key_ == "dtype" || key_ == "shape" || key_ == "data_offsets"; }
  bool skip_deeper();
  SafetensorsTensor& tensor() { return header_.tensors.back(); }

  SafetensorsHeader& header_;
  Place place_ = Place::outside;
  std::string key_;
  bool metadata_seen_ = false;
  bool dtype_seen_ = false;
  bool shape_seen_ = false;
  int offsets_ = -1;
  int skipped_depth_ = 0;
  std::optional<std::string> wrong_;
};

std::string HeaderEvents::about() const {
  if (place_ == Place::metadata) return fmt::format("metadata {}", safetensors_name_text(key_));
  if (place_ == Place::root || place_ == Place::outside) return "its header";
  return fmt::format("{} of its tensor {}", key_, safetensors_name_text(header_.tensors.back().name));
}

// A value that is neither text nor a natural number fits nowhere but under an unknown key.
bool HeaderEvents::scalar(const std::string& got) {
  if (place_ == Place::skipped || (place_ == Place::tensor && !known_field())) return true;
  if (place_ == Place::outside) return refuse("its header is not a JSON object");
  return refuse(
      fmt::format("{} cannot be {}", place_ == Place::root ? safetensors_name_text(key_) : about(), got));
}

bool HeaderEvents::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::shape) return add_dimension(value);
  if (place_ == Place::offsets) return add_offset(value);
  return scalar(fmt::format("{}", value));
}

bool HeaderEvents::add_dimension(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse(fmt::format("{} has the dimension {}", about(), value));
  }
  tensor().shape.push_back(static_cast<std::int64_t>(value));
  return true;
}

bool HeaderEvents::add_offset(std::uint64_t value) {
  if (offsets_ == 2) return refuse(fmt::format("{} has more than two numbers", about()));
  (offsets_ == 0 ? tensor().begin : tensor().end) = value;
  ++offsets_;
  return true;
}

bool HeaderEvents::string(string_t& text) {
  if (place_ == Place::metadata) {
    if (header_.metadata.emplace(key_, std::move(text)).second) return true;
    return refuse(fmt::format("metadata {} is there twice", safetensors_name_text(key_)));
  }
  if (place_ != Place::tensor || key_ != "dtype") return scalar("text");
  const auto dtype = safetensors_dtype(text);
  if (!dtype) return refuse(fmt::format("{} is {}, which is unknown", about(), safetensors_name_text(text)));
  if (std::exchange(dtype_seen_, true)) return refuse(about() + " is there twice");
  tensor().dtype = *dtype;
  return true;
}

bool HeaderEvents::start_object(std::size_t) {
  switch (place_) {
    case Place::outside: place_ = Place::root; return true;
    case Place::root:
      if (key_ != kSafetensorsMetadataKey) return open_tensor();
      if (std::exchange(metadata_seen_, true)) return refuse("its metadata is there twice");
      place_ = Place::metadata;
      return true;
    case Place::tensor:
    case Place::skipped: return skip_deeper();
    default: return refuse(fmt::format("{} cannot be an object", about()));
  }
}

bool HeaderEvents::end_object() {
  switch (place_) {
    case Place::tensor: return close_tensor();
    case Place::skipped: return end_array();
    default: place_ = place_ == Place::root ? Place::outside : Place::root; return true;
  }
}

bool HeaderEvents::open_tensor() {
  if (!header_.index.emplace(key_, header_.tensors.size()).second) {
    return refuse(fmt::format("its tensor {} is there twice", safetensors_name_text(key_)));
  }
  header_.tensors.emplace_back().name = key_;
  dtype_seen_ = shape_seen_ = false;
  offsets_ = -1;
  place_ = Place::tensor;
  return true;
}

bool HeaderEvents::close_tensor() {
  const char* missing = !dtype_seen_   ? "dtype"
                        : !shape_seen_ ? "shape"
                        : offsets_ < 0 ? "data_offsets"
                                       : nullptr;
  if (missing)
    return refuse(fmt::format("its tensor {} has no {}", safetensors_name_text(tensor().name), missing));
  place_ = Place::root;
  return true;
}

bool HeaderEvents::start_array(std::size_t) {
  if (place_ == Place::tensor && key_ == "shape") {
    if (std::exchange(shape_seen_, true)) return refuse(about() + " is there twice");
    place_ = Place::shape;
    return true;
  }
  if (place_ == Place::tensor && key_ == "data_offsets") {
    if (std::exchange(offsets_, 0) >= 0) return refuse(about() + " is there twice");
    place_ = Place::offsets;
    return true;
  }
  if (place_ == Place::tensor || place_ == Place::skipped) return skip_deeper();
  return scalar("a list");
}

bool HeaderEvents::end_array() {
  if (place_ == Place::skipped) {
    if (--skipped_depth_ == 0) place_ = Place::tensor;
    return true;
  }
  if (place_ == Place::offsets && offsets_ != 2)
    return refuse(fmt::format("{} has not two numbers", about()));
  place_ = Place::tensor;
  return true;
}

bool HeaderEvents::skip_deeper() {
  if (place_ == Place::tensor && known_field()) return scalar("a list or an object here");
  place_ = Place::skipped;
  return ++skipped_depth_ <= kMostSkippedDepth || refuse("its header nests too deeply");
}

bool HeaderEvents::key(string_t& text) {
  if (place_ != Place::skipped) key_ = std::move(text);
  return true;
}

bool HeaderEvents::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
  return refuse(fmt::format("its header is not JSON from byte {} on", position));
}

}  // namespace

std::optional<std::string> read_safetensors_json(std::string_view json, SafetensorsHeader& header) {
  // nlohmann would take a byte order mark for a blank and a NUL for the end.
  const std::size_t start = json.find_first_not_of(" \t\r\n");
  if (start == json.npos || json[start] != '{') return "its header is not a JSON object";
  if (json.find('\0') != json.npos) return "its header has a NUL byte";
  HeaderEvents events(header);
  nlohmann::json::sax_parse(json.begin(), json.end(), &events);
  return events.wrong();
}

std::string safetensors_name_text(std::string_view name) {
  if (name.size() <= kMostTextBytes) return quote_path(name);
  return quote_path(name.substr(0, kMostTextBytes)) + "…";
}

}  // namespace orrery
