#pragma once

#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

// Short forms of the options that many operations have.

/// true or false.
Attribute flag(std::string name, bool value, std::string doc);
/// PyTorch's `inplace`. A graph is computed out of place, which gives the same numbers: where PyTorch's would
/// differ, the rule `inplace-overwrites` refuses it. A layer that is given a tensor leaves that as it is.
Attribute inplace_option();
/// A required integer of at least 1: features, channels.
Attribute count_of(std::string name, std::string doc);
/// An integer of at least 1 that may be left out: the layer's first input tells it.
Attribute told_count(std::string name, std::string doc);
/// Completes such an option with the size of the first input's dimension `dim`, negative from the end.
std::function<void(Attributes&, const ShapeContext&)> told_by_dim(std::string option, int dim);
/// A required integer of either sign: a dimension, an index.
Attribute required_integer(std::string name, std::string doc);
/// An integer of either sign with a default.
Attribute integer_or(std::string name, std::int64_t value, std::string doc);
/// A real number with a default.
Attribute real_or(std::string name, double value, std::string doc);
/// A probability between 0 and 1.
Attribute probability(std::string name, double value, std::string doc);
/// What keeps a division or a logarithm from 0; more than 0.
Attribute eps_of(double value, std::string doc);
/// `count` sizes of at least `min`, one per axis, required.
Attribute required_sizes(std::string name, int count, double min, std::string doc);
/// `count` sizes of at least `min`, one per axis, each `value` by default.
Attribute sizes_or(std::string name, int count, std::int64_t value, double min, std::string doc);
/// `count` sizes of at least `min`, one per axis; none by default.
Attribute optional_sizes(std::string name, int count, double min, std::string doc);
/// A list of dimensions; none by default.
Attribute dims(std::string name, std::string doc);
/// A required list of dimensions.
Attribute required_dims(std::string name, std::string doc);
/// A list of sizes, each at least `min`, symbols included; as separate arguments when `variadic`.
Attribute sizes_option(std::string name, double min, bool variadic, std::string doc);
/// `none`, `mean` or `sum`; `mean` by default.
Attribute reduction();
/// An option of a layer that may also be given where it is applied, for that time only.
Attribute at_call(Attribute option);
/// The dtype of a layer's parameters: float32 by default.
Attribute parameter_dtype();
/// The dtype to compute in and to give; none by default.
Attribute result_dtype(std::vector<std::string> choices = {});
/// Names of the floating-point dtypes.
std::vector<std::string> floating_names();

/// `input`, the one port that most operations have.
Port input_port(std::string doc = "the input");

/// For layers that own nothing.
std::vector<ParameterSpec> no_parameters(const Attributes& attributes);

/// Shape rule: the output is like the input.
std::vector<TensorType> like_input(ShapeContext& context);
/// Shape rule: the output is like the input, which must be floating-point.
std::vector<TensorType> like_floating_input(ShapeContext& context);

/// Stops unless the size of a dimension is what the option says: "16 channels".
void expect_size_of(ShapeContext& context, int port, int dim, const std::string& option,
                    const std::string& what);
/// Stops (`groups-mismatch`) unless two options of a layer divide: `in_channels` by `groups`.
void expect_divided(const Attributes& attributes, const std::string& channels, const std::string& groups);
/// Stops (`groups-mismatch`) unless the groups divide a size of the input; keeps a guard when that cannot be
/// told yet.
void expect_groups(ShapeContext& context, int port, const Dim& size, std::int64_t groups,
                   std::string expected, std::string got);
/// Stops unless the input has the dtype of the layer's parameters.
void expect_parameter_dtype(ShapeContext& context, int port);
/// The same for layers whose float32 parameters take inputs of half the width, as in PyTorch.
void expect_statistics_dtype(ShapeContext& context);

}  // namespace orrery
