#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/bytes.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/pt_tree.h"
#include "runtime/formats/zip.h"

namespace orrery {

// PyTorch's .pt and .pth, of both kinds that `torch.save` has written.
//
// Since 1.6 a zip archive: NAME/data.pkl, the pickle of everything, with a persistent value
// ("storage", class, key, device, elements) in the place of each storage; NAME/data/KEY, its bytes;
// NAME/byteorder, `little` or `big`; NAME/version. Archives of TorchScript have NAME/code/ and
// NAME/constants.pkl beside them; of these the attributes are read, never the code.
//
// Before, five pickles one after another: a magic number, the protocol 1001, facts about the machine, the
// pickle of everything, the keys of the storages; then for each key the number of elements in 8 bytes and the
// elements.
// Source: torch/serialization.py of PyTorch 2.11, `_save`, `_legacy_save`.

/// A PyTorch file: its pickle read and checked at once (`read_pickle`, `read_pt_tree`), tensors' bytes when
/// asked for. Nothing in it is run, and no memory is taken before sizes were compared with the file's. Const
/// functions may run on several threads at once.
///
/// All faults are `Error(Fault::input_file)` naming the file: those of `ZipReader`, `read_pickle` and
/// `read_pt_tree`, a file of another kind (named), an archive without its pickle, values of a machine whose
/// highest byte comes first, a storage that is missing, shorter or longer than the pickle says.
class PtReader {
 public:
  enum class Layout { zip, script, legacy };

  explicit PtReader(const std::string& path, const FileSystem& files = posix_files());

  const std::string& path() const { return path_; }
  Layout layout() const { return layout_; }
  const PtTree& tree() const { return tree_; }

  /// Is it a view that repeats elements until it is over 64 MB larger than its storage? Such a file could
  /// take any memory, so it is not to be read.
  bool repeats_too_much(const PtTensor& tensor) const;
  /// The elements of a tensor of this file, laid out row by row; `into` has exactly `tensor.bytes()`.
  void read(const PtTensor& tensor, std::span<std::byte> into) const;
  /// Refuses a tensor that repeats too much.
  Bytes read(const PtTensor& tensor) const;
  /// All bytes of a storage.
  Bytes read(const PtStorage& storage) const;

 private:
  void open_zip();
  void read_part(const PtStorage& storage, std::uint64_t offset, std::span<std::byte> into) const;

  std::string path_;
  Layout layout_ = Layout::zip;
  InputFile file_;
  std::unique_ptr<ZipReader> zip_;
  PtTree tree_;
};

}  // namespace orrery
