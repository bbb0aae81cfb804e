#pragma once

#include "runtime/onnx/call.h"

namespace orrery {

/// The branch that a known condition takes; refused where it is not known.
void import_onnx_if(OnnxImporter& importer, OnnxCall& call);
/// As many times the body as a known trip count and condition tell, at most 4,096.
void import_onnx_loop(OnnxImporter& importer, OnnxCall& call);
/// Once the body for each element of its sequences, whose length must be known; in operator set 8 for each
/// sample, too.
void import_onnx_scan(OnnxImporter& importer, OnnxCall& call);

}  // namespace orrery
