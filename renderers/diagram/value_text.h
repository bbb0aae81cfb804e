#pragma once

#include <string>

#include "runtime/graph/node.h"

namespace orrery {

/// A shape as papers write it: `N×16×8×8`, `scalar`, `(2·N + 1)×3`.
std::string shape_text(const Shape& shape);

/// The options that tell one use of an operation from another, shortly: what is required or differs from
/// its default, and is not plain from the shapes: `3×3, 16, pad 1`.
std::string option_text(const Node& node);

/// One option with its value: `pad 1`, `no bias`, `betas 0.5, 0.999`.
std::string option_text(const Attribute& attribute, const AttributeValue& value);

/// A number of parameters with three digits: `850`, `4.61 k`, `11.7 M`.
std::string count_text(double count);

/// An amount with its unit, three digits: `1.50 ms`, `4.61 MB`, `3.20 GFLOP`, `11.7 M`. Seconds (`s`) may be
/// milli-, micro- and nanoseconds; the unit `1` is none.
std::string amount_text(double amount, const std::string& unit);

}  // namespace orrery
