#pragma once

#include <string>
#include <vector>

#include "runtime/ops/promotion.h"

namespace orrery {

// What the operations on single elements share: which dtypes they take and give, and their operands.

/// The dtypes that an operation takes.
enum class Takes {
  all,
  no_complex,
  numbers,         ///< no booleans
  real_numbers,    ///< neither booleans nor complex
  floating,        ///< floating-point, not complex
  differentiable,  ///< floating-point or complex
  complex,
  integral,  ///< integers and booleans
  integers,  ///< no booleans
};

/// The dtype that it gives for the one in which its inputs meet.
enum class Gives {
  same,
  floating,  ///< integers become float32
  real,      ///< complex numbers become their parts' dtype
  angle,     ///< floating and real
  boolean,
};

bool takes(Takes kinds, DType dtype);
DType given(Gives kind, DType dtype);
/// Stops unless the dtype, in which the inputs meet, is one of those.
void expect_kind(const ShapeContext& context, Takes kinds, DType dtype);
/// Stops unless one input's dtype is one of those.
void expect_kind_of(const ShapeContext& context, Takes kinds, int port = 0);
/// Stops unless two inputs have one dtype.
void expect_same_dtype(const ShapeContext& context, int port, int other);

/// The operand of a port: its value, or the number in the option of its name. Stops when there are both, or
/// neither.
Operand operand_at(const ShapeContext& context, int port, const std::string& name);
/// The dtype in which operands meet; stops where that would be PyTorch's complex32.
DType meeting_dtype(const ShapeContext& context, const std::vector<Operand>& operands);
/// The shape in which the inputs from the first to the last meet; ports without a value have none.
Shape meeting_shape(ShapeContext& context);

/// Shape rule of a function of each element.
struct UnaryRule {
  Takes takes = Takes::all;
  Gives gives = Gives::same;
  std::vector<TensorType> operator()(ShapeContext& context) const;
};

/// Shape rule of an operation whose inputs, numbers among them, broadcast and promote.
struct MeetingRule {
  std::vector<std::string> ports;
  Takes takes = Takes::all;
  Gives gives = Gives::same;
  std::vector<TensorType> operator()(ShapeContext& context) const;
};

/// A function of each element, called as in torch.
Descriptor unary(Category category, std::string name, std::string doc, UnaryRule rule, std::string onnx = {});

/// How the operands of an operation are given.
enum class Numbers {
  none,   ///< values only
  other,  ///< the last may be a number
  any,    ///< each may be a number, not all of them
};

/// An operation of two operands, called as in torch: `input` and the second's name.
Descriptor binary(Category category, std::string name, std::string doc, Takes takes, Gives gives,
                  Numbers numbers, std::string second = "other");

/// A required port that may be a number, and the option that keeps it.
void add_number_port(Descriptor& descriptor, const std::string& name, std::string doc,
                     Port::Kind kind = Port::Kind::number);

}  // namespace orrery
