#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runtime/formats/pt_tree.h"
#include "runtime/formats/zip.h"
#include "runtime/graph/parameter.h"

namespace orrery {

// PyTorch's .pt2, as torch.export.save has written it since PyTorch 2.9: a zip archive with
// NAME/models/model.json, the program; NAME/data/weights/model_weights_config.json, which tells for each name
// of the state dict which file beside it holds its storage and how the tensor lies in it; the same in
// NAME/data/constants/ for tensors that are no part of the state dict; NAME/byteorder.
// Source: torch/export/pt2_archive/_package.py and torch/_export/serde/schema.py of PyTorch 2.11.

/// A tensor of an archive.
struct Pt2Tensor {
  PtTensor view;          ///< its `name` is that of the state dict
  std::size_t place = 0;  ///< the member of the archive that is its storage
  bool parameter = false;
  bool constant = false;  ///< no part of the state dict
};

/// A program of torch.export with its weights: the archive's directory and the description of its tensors are
/// read and checked at once, elements when asked for. Nothing in it is run. Const functions may run on
/// several threads at once.
///
/// All faults are `Error(Fault::input_file)` naming the file: those of `ZipReader`, an archive that
/// torch.export did not write or an older PyTorch did, one of several models, values of a machine whose
/// highest byte comes first, tensors that do not lie in their storages.
class Pt2Archive {
 public:
  explicit Pt2Archive(const std::string& path, const FileSystem& files = posix_files());

  const std::string& path() const { return zip_.path(); }
  const std::vector<Pt2Tensor>& tensors() const { return tensors_; }
  /// Tensors that are not read, by name, and why.
  const std::map<std::string, std::string>& refused() const { return refused_; }
  /// The JSON of the program.
  std::string program() const;
  /// The elements of a tensor, row by row; `into` has exactly `view.bytes()`.
  void read(const Pt2Tensor& tensor, std::span<std::byte> into) const;

 private:
  const ZipEntry* member(const std::string& name) const;
  void read_tensors(const std::string& folder, const std::string& list, bool constant);
  void add_tensor(const std::string& folder, const std::string& name, const nlohmann::json& entry,
                  bool constant);

  ZipReader zip_;
  std::string root_;
  std::vector<Pt2Tensor> tensors_;
  std::map<std::string, std::string> refused_;
};

/// Is it an archive of torch.export, of any age? By the names of its members.
bool is_pt2(const ZipReader& zip);

/// The element type of a number of torch.export's ScalarType; nothing where Orrery has none.
std::optional<DType> dtype_of_pt2(std::int64_t number);

/// What gives a parameter the elements of a tensor of the archive.
std::shared_ptr<const FirstValues> values_of_pt2(std::shared_ptr<const Pt2Archive> archive,
                                                 const Pt2Tensor& tensor);

}  // namespace orrery
