#pragma once

#include <vector>

namespace orrery::plots {

/// The exponential moving average of values in which each new one weighs 2 / (span + 1), with Adam's
/// correction of the beginning (Kingma and Ba, arXiv:1412.6980, §3): the first value stays as it is. What is
/// not finite stays, and is left out of the averages behind it. REQUIRES: span ≥ 1.
std::vector<double> smoothed(const std::vector<double>& values, double span);

}  // namespace orrery::plots
