#pragma once

#include "runtime/onnx/operators.h"

namespace orrery {

// Parts of the families of operators.h, a file each.
void add_onnx_casts(OnnxOperators& table);        ///< of the shapes: Cast, CastLike, Trilu
void add_onnx_joins(OnnxOperators& table);        ///< of the shapes: Concat, Split, Expand, Tile
void add_onnx_borders(OnnxOperators& table);      ///< of the shapes: Pad, CenterCropPad, Col2Im
void add_onnx_slices(OnnxOperators& table);       ///< of the indexing: Slice, Compress, Unique, NonZero
void add_onnx_scatters(OnnxOperators& table);     ///< of the indexing: Scatter, ScatterElements, ScatterND
void add_onnx_pools(OnnxOperators& table);        ///< of the convolutions: AveragePool, MaxPool, LpPool
void add_onnx_unpools(OnnxOperators& table);      ///< of the convolutions: MaxUnpool and global pools
void add_onnx_resizing(OnnxOperators& table);     ///< of the vision: Resize, Upsample
void add_onnx_boxes(OnnxOperators& table);        ///< of the vision: RoiAlign, NonMaxSuppression
void add_onnx_suppression(OnnxOperators& table);  ///< of the boxes: NonMaxSuppression
void add_onnx_products(OnnxOperators& table);     ///< of the quantised: MatMulInteger, QLinearMatMul, …
void add_onnx_random(OnnxOperators& table);       ///< of the creation: random numbers
void add_onnx_deformed(OnnxOperators& table);     ///< of the convolutions: DeformConv

}  // namespace orrery
