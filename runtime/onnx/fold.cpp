#include "runtime/onnx/fold.h"

#include "runtime/onnx/importer.h"
#include "runtime/onnx/weight_moves.h"

namespace orrery {
namespace {

const OnnxFolders& folders() {
  static const OnnxFolders kFolders = [] {
    OnnxFolders folders;
    add_number_folders(folders);
    add_movement_folders(folders);
    return folders;
  }();
  return kFolders;
}

// Reals that a script would train are no numbers to work with: worked out, they would be constants.
bool is_weight(const OnnxLiteral& literal) {
  constexpr std::int64_t kFewest = 9;  // scales and sizes of images are fewer
  return is_floating(literal.dtype()) && literal.identity() && !literal.shape().empty() &&
         literal.numel() >= kFewest;
}

bool all_known(const OnnxCall& call) {
  constexpr std::int64_t kMostReals = 1024;
  for (int i = 0; i < call.input_count(); ++i) {
    if (!call.has(i)) continue;
    const OnnxLiteral* literal = call.literal(i);
    if (!literal || !literal->small() || is_complex(literal->dtype()) || is_weight(*literal)) return false;
    if (is_floating(literal->dtype()) && literal->numel() > kMostReals) return false;
  }
  return call.has(0);
}

}  // namespace

bool fold_onnx(OnnxImporter& importer, OnnxCall& call) {
  if (!call.node().domain.empty()) return false;
  if (importer.moves_weights(call.node()) && fold_weight_move(call)) return true;
  if (all_known(call)) {
    const auto folder = folders().find(call.node().operation);
    return folder != folders().end() && folder->second(call);
  }
  // A weight in another shape is one still, unless others read it as it is.
  return call.has(0) && importer.readers(call.node().inputs[0]) == 1 && fold_view(call);
}

}  // namespace orrery
