#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>

namespace orrery {

/// A block of memory: size fixed at birth, contents not initialised, aligned to 64 bytes (so that
/// any tensor may lie at its start). Moves, does not copy.
class Bytes {
 public:
  static constexpr std::size_t kAlignment = 64;

  Bytes() = default;
  /// Throws `Error(Fault::memory)` naming the size when the system has not that much.
  explicit Bytes(std::size_t size);
  Bytes(Bytes&& other) noexcept;
  Bytes& operator=(Bytes&& other) noexcept;

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> span() { return {data_.get(), size_}; }
  std::span<const std::byte> span() const { return {data_.get(), size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }

  /// Forgets the bytes from `size` on; the memory stays taken. `size` is at most `this->size()`.
  void shorten(std::size_t size);

 private:
  struct Free {
    void operator()(std::byte* data) const { ::operator delete[](data, std::align_val_t{kAlignment}); }
  };

  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

/// The bytes of a text, seen in place.
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace orrery
