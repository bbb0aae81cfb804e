#include "runtime/formats/npz_writer.h"

#include <array>
#include <set>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npy_writer.h"
#include "runtime/formats/pickle_globals.h"
#include "runtime/formats/zip_writer.h"

namespace orrery {

void write_npz(const std::string& path, const std::vector<SafetensorsItem>& items, const FileSystem& files) {
  std::set<std::string_view> names;
  std::vector<std::string> headers;
  for (const SafetensorsItem& item : items) {
    check(names.insert(item.name).second, Fault::write, "cannot write {}: two arrays are called {}",
          quote_path(path), quote_path(item.name));
    check(item.dtype.dtype.has_value(), Fault::usage, "NumPy has no {} (tensor {}): write safetensors or .pt",
          torch_dtype_name(item.dtype), quote_path(item.name));
    headers.push_back(npy_header_text(*item.dtype.dtype, item.shape));
  }
  ZipWriter archive(path, 1, files);
  for (std::size_t i = 0; i < items.size(); ++i)
    archive.add(items[i].name + ".npy", std::array{as_bytes(headers[i]), items[i].bytes()});
  archive.commit();
}

}  // namespace orrery
