#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/files/file_system.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// The graph of a model of Keras, told as `model.to_json()` of Keras 2 or 3 does, without weights. Sequential
/// and functional models; models within models become blocks, and so do names with a beginning in common
/// (`block1_conv1`, `stage/conv`). What Keras has channels last stands here behind the batch, as Orrery's
/// layers want it: of images already in the input, (N, C, H, W); what only puts channels elsewhere is not
/// drawn.
///
/// Faults beginning with `what`: as `read_keras_model`; all layers that Orrery has no operations for at once,
/// and all options that it cannot say (Fault::check).
std::unique_ptr<Graph> keras_graph(std::string_view text, const Registry& registry, Runtime& runtime,
                                   const std::string& what);

/// The same of a file: JSON; the `.keras` archive of Keras 3; an HDF5 file that holds a whole model
/// (`model.save("net.h5")`). The latter two have their weights with them: parameters begin with these, which
/// are read when a tensor is first needed. Faults also as `KerasArchive`, `Hdf5File` and `KerasWeights`.
std::unique_ptr<Graph> read_keras_graph(const std::string& path, const Registry& registry, Runtime& runtime,
                                        const FileSystem& files = posix_files());

}  // namespace orrery
