#include <algorithm>

#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {

namespace {

// LibTorch negates the other one, which it does not do to booleans.
bool has_no_booleans(const RandomCase& one) {
  return std::ranges::none_of(one.inputs, [](const auto& input) { return input->dtype == DType::boolean; });
}

}  // namespace

void add_arithmetic_cases(CaseMakers& makers) {
  for (const char* name :
       {"add", "sub", "rsub", "mul", "div", "true_divide", "floor_divide", "fmod", "atan2", "hypot",
        "maximum", "fmax", "logaddexp", "copysign", "heaviside", "minimum", "addcmul", "addcdiv", "fmin"})
    makers[name] = {.inputs = fit_operands};
  for (const char* name : {"remainder", "pow", "xlogy", "bitwise_and", "bitwise_or", "bitwise_xor",
                           "bitwise_left_shift", "bitwise_right_shift"})
    makers[name] = {.options = one_number, .inputs = fit_operands};
  makers["addcmul"].stricter =
      "a real value would be cut off in integers; PyTorch refuses it, LibTorch does not";
  makers["atan2"].smooth = has_no_booleans;
  makers["heaviside"] = {.inputs = fit_same_dtype};
  makers["lerp"] = {
      .inputs = fit_same_dtype,
      .stricter = "LibTorch lets integers without dimensions pass and cuts off what is between"};
}

}  // namespace orrery
