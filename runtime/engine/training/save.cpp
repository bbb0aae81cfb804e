#include "runtime/engine/training/save.h"

#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/training/model_metadata.h"
#include "runtime/formats/safetensors_writer.h"

namespace orrery {
namespace {

struct Stored {
  std::vector<NamedTensor> tensors;
  Aliases aliases;
};

// A tensor with several keys is stored under the first, which is its first owner's.
Stored stored_once(Engine& engine, const std::vector<Graph::Entry>& entries) {
  Stored stored;
  std::unordered_map<const Parameter*, std::string> first;
  for (const Graph::Entry& entry : entries) {
    const auto [place, fresh] = first.try_emplace(entry.parameter.get(), entry.key);
    if (fresh)
      stored.tensors.push_back({entry.key, engine.tensor(entry.parameter)});
    else if (place->second != entry.key)
      stored.aliases[entry.key] = place->second;
  }
  return stored;
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

}  // namespace

void save_graph(Engine& engine, const Graph& graph, const std::string& path, const FileSystem& files) {
  const Stored stored = stored_once(engine, graph.state(nullptr, true));
  write_tensors(engine, path, stored.tensors, model_metadata(graph, stored.aliases), files);
}

void save_entries(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                  const FileSystem& files) {
  const Stored stored = stored_once(engine, entries);
  std::map<std::string, std::string> metadata = {{"format", "pt"}};
  if (!stored.aliases.empty()) metadata[kAliasesKey] = aliases_to_json(stored.aliases);
  write_tensors(engine, path, stored.tensors, metadata, files);
}

void write_tensors(Engine& engine, const std::string& path, const std::vector<NamedTensor>& tensors,
                   const std::map<std::string, std::string>& metadata, const FileSystem& files) {
  const Engine::Turn turn(engine);
  std::vector<SafetensorsItem> items;
  // What was fetched from a device or laid out anew is in use until the next tensor was fetched.
  const auto fetched = std::make_shared<std::pair<at::Tensor, at::Tensor>>();
  for (const NamedTensor& named : tensors) {
    const auto bytes = [fetched, tensor = named.tensor.detach()] {
      fetched->second = std::exchange(fetched->first, tensor.to(at::kCPU).contiguous());
      return bytes_of(fetched->first);
    };
    items.push_back({named.key, safetensors_dtype(dtype_of(named.tensor.scalar_type())),
                     named.tensor.sizes().vec(), bytes});
  }
  write_safetensors(path, std::move(items), metadata, files);
}

}  // namespace orrery
