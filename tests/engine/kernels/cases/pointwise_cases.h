#pragma once

#include "tests/engine/kernels/random_cases.h"

namespace orrery {

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
void one_number(std::vector<Attributes::Entry>& entries, Dice& dice);
/// Sets a drawn option, or adds it.
void put(std::vector<Attributes::Entry>& entries, const std::string& name, AttributeValue value);

}  // namespace orrery
