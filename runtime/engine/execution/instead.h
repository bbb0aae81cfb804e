#pragma once

#include <utility>

namespace orrery {

/// Something else in a place while it lives.
template <class T>
class Instead {
 public:
  Instead(T& place, T other) : place_(place), before_(std::exchange(place, std::move(other))) {}
  ~Instead() { place_ = std::move(before_); }
  Instead(const Instead&) = delete;
  Instead& operator=(const Instead&) = delete;

 private:
  T& place_;
  T before_;
};

}  // namespace orrery
