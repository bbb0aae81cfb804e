#include "runtime/engine/training/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "runtime/core/content_hash.h"
#include "runtime/core/strict_json.h"
#include "runtime/engine/training/load.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_reader.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr const char* kContent = "orrery.checkpoint";
constexpr const char* kHash = "orrery.checkpoint.hash";

// JSON has no NaN and no infinities.
json from_number(double number) {
  if (std::isfinite(number)) return number;
  return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
}

double to_number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

std::string to_text(const Checkpoint& checkpoint) {
  json numbers = json::object();
  for (const auto& [key, number] : checkpoint.numbers) numbers[key] = from_number(number);
  return json{{"version", kCheckpointVersion}, {"numbers", std::move(numbers)}, {"texts", checkpoint.texts}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Checkpoint from_text(const std::string& text, const std::string& path) {
  const json content = parse_strict_json(text, quote_path(path));
  const bool sound = content.is_object() && content.contains("version") && content["version"].is_number() &&
                     content.contains("numbers") && content["numbers"].is_object() &&
                     content.contains("texts") && content["texts"].is_object();
  check(sound, Fault::input_file, "{} is damaged: its metadata is no checkpoint's", quote_path(path));
  const int version = content["version"].get<int>();
  check(version <= kCheckpointVersion, Fault::input_file,
        "{} was written by a newer Orrery: it has format {}, this release reads up to {}", quote_path(path),
        version, kCheckpointVersion);
  Checkpoint checkpoint;
  for (const auto& [key, value] : content["numbers"].items()) checkpoint.numbers[key] = to_number(value);
  for (const auto& [key, value] : content["texts"].items())
    if (value.is_string()) checkpoint.texts[key] = value.get<std::string>();
  return checkpoint;
}

std::string hash_of(const std::string& text, const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> hashes;
  for (const NamedTensor& named : tensors) {
    const at::Tensor bytes = named.tensor.detach().to(at::kCPU).contiguous();
    const std::string_view view(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes());
    hashes.push_back(named.key + " " + content_hash(view) + "\n");
  }
  // The file's order is not the writer's.
  std::ranges::sort(hashes);
  std::string all = text;
  for (const std::string& hash : hashes) all += hash;
  return content_hash(all);
}

std::optional<std::string> content_of(const SafetensorsReader& reader) {
  const auto& metadata = reader.header().metadata;
  const auto found = metadata.find(kContent);
  if (found == metadata.end()) return std::nullopt;
  return found->second;
}

template <class Map>
const auto& entry(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  check(found != map.end(), Fault::input_file, "the checkpoint does not say '{}'", key);
  return found->second;
}

}  // namespace

double Checkpoint::number(const std::string& key) const { return entry(numbers, key); }
const std::string& Checkpoint::text(const std::string& key) const { return entry(texts, key); }

const at::Tensor* Checkpoint::find(const std::string& key) const {
  const auto found = std::ranges::find(tensors, key, &NamedTensor::key);
  return found == tensors.end() ? nullptr : &found->tensor;
}

const at::Tensor& Checkpoint::tensor(const std::string& key) const {
  const at::Tensor* found = find(key);
  check(found != nullptr, Fault::input_file, "the checkpoint has no tensor '{}'", key);
  return *found;
}

void write_checkpoint(Engine& engine, const std::string& path, const Checkpoint& checkpoint,
                      const FileSystem& files) {
  const Engine::Turn turn(engine);
  const std::string text = to_text(checkpoint);
  write_tensors(engine, path, checkpoint.tensors,
                {{kContent, text}, {kHash, hash_of(text, checkpoint.tensors)}}, files);
}

std::optional<Checkpoint> read_checkpoint_header(const std::string& path, const FileSystem& files) {
  const auto content = content_of(SafetensorsReader(path, files));
  if (!content) return std::nullopt;
  return from_text(*content, path);
}

Checkpoint read_checkpoint(Engine& engine, const std::string& path, const FileSystem& files) {
  const SafetensorsReader reader(path, files);
  const auto content = content_of(reader);
  if (!content)
    throw Error(Fault::input_file, fmt::format("{} holds tensors and is no checkpoint", quote_path(path)), {},
                "Weights are loaded with orrery.load_weights.");
  Checkpoint checkpoint = from_text(*content, path);
  checkpoint.tensors = read_tensors(engine, path, files);
  const auto& metadata = reader.header().metadata;
  const auto hash = metadata.find(kHash);
  check(hash != metadata.end() && hash->second == hash_of(*content, checkpoint.tensors), Fault::input_file,
        "{} is damaged: its content is not what was written", quote_path(path));
  return checkpoint;
}

}  // namespace orrery
