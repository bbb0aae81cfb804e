#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace orrery {

/// A call of an operator, as torch.export writes it down.
struct Pt2Node {
  std::string name;
  std::string target;                                             ///< `aten.conv2d.default`, `_operator.mul`
  std::vector<std::pair<std::string, nlohmann::json>> arguments;  ///< each `{"as_tensor": {"name": …}}`
  std::vector<std::string> outputs;  ///< names; those of a list of tensors one after another
  std::string module;  ///< the innermost module around it: `layer1.0.relu`; empty: the outermost
  std::string call;    ///< the same, apart for each call: `layer1.0.relu@1`

  /// The argument of that name; null where it is missing or none.
  const nlohmann::json* argument(const std::string& wanted) const;
  /// Names of the tensors that it reads.
  std::vector<std::string> reads() const;
  /// `conv2d` of `aten.conv2d.default`; without the underscore of those that write into their input.
  std::string operation() const;
  bool in_place() const;
};

/// What the program begins with.
struct Pt2Input {
  enum class Kind {
    tensor,  ///< of the archive: a parameter, a buffer or a constant, called `target` there
    field    ///< what a caller gives
  } kind = Kind::field;
  std::string name, target;
};

/// A tensor that a caller gives.
struct Pt2Type {
  std::int64_t dtype = 0;  ///< a number of ScalarType
  nlohmann::json sizes;    ///< each `{"as_int": 3}` or `{"as_expr": {"expr_str": …}}`
};

/// A program of torch.export. Its form is checked, its operators are not looked at.
struct Pt2Program {
  std::vector<Pt2Input> inputs;
  std::vector<Pt2Node> nodes;
  std::vector<std::string> outputs;
  std::map<std::string, Pt2Type> types;  ///< of the fields
};

/// Reads the JSON of a program. Faults are `Error(Fault::input_file)` beginning with `what`: no JSON, another
/// form, a program of a newer schema, inputs that are no tensors.
Pt2Program read_pt2_program(std::string_view text, const std::string& what);

}  // namespace orrery
