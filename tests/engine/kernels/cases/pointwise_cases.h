#pragma once

#include "tests/engine/kernels/random_cases.h"

namespace orrery {

using Entries = std::vector<Attributes::Entry>;

/// Sometimes makes inputs complex; never where complex32 would come out, which Orrery does not have.
void with_complex(RandomCase& one, Dice& dice);
/// Further inputs with fewer dimensions, or one of size 1: they are spread.
void fit_spread(RandomCase& one, Dice& dice);
/// Both of these.
void fit_operands(RandomCase& one, Dice& dice);
/// All inputs mostly of the first one's dtype, and spread.
void fit_same_dtype(RandomCase& one, Dice& dice);
/// All inputs mostly float32 or float64, and all of the same dtype.
void fit_real_parts(RandomCase& one, Dice& dice);
/// Not both operands as numbers.
void one_number(Entries& entries, Dice& dice);
/// A first input of low to high dimensions, mostly.
std::function<void(RandomCase&, Dice&)> ranked(std::int64_t low, std::int64_t high);
/// A first input of the layer's dtype, mostly.
void fit_layer_dtype(RandomCase& one, Dice& dice);
/// A dimension that most inputs have, mostly.
void fit_dim(Entries& entries, Dice& dice);
/// Takes a drawn option away.
void leave_out(Entries& entries, const std::string& name);
/// Sets a drawn option, or adds it.
void put(Entries& entries, const std::string& name, AttributeValue value);

}  // namespace orrery
