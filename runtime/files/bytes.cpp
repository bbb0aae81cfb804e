#include "runtime/files/bytes.h"

#include <utility>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {

Bytes::Bytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_.reset(static_cast<std::byte*>(::operator new[](size, std::align_val_t{kAlignment}, std::nothrow)));
  check(data_ != nullptr, Fault::memory, "out of memory: {} could not be had", byte_count(size));
}

Bytes::Bytes(Bytes&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

Bytes& Bytes::operator=(Bytes&& other) noexcept {
  data_ = std::move(other.data_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Bytes::shorten(std::size_t size) {
  invariant(size <= size_, "Bytes::shorten asked to grow");
  size_ = size;
}

}  // namespace orrery
