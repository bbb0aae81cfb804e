#include "renderers/formats/pdf_file.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <zlib.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// Twice as fast as zlib's own choice; drawings become a seventh longer.
constexpr int kEffort = 3;

std::string deflated(std::string_view bytes) {
  uLongf length = compressBound(bytes.size());
  std::string result(length, '\0');
  const int done = compress2(reinterpret_cast<Bytef*>(result.data()), &length,
                             reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), kEffort);
  check(done != Z_MEM_ERROR, Fault::memory, "not enough memory for the drawing");
  invariant(done == Z_OK, "zlib refuses to deflate");
  result.resize(length);
  return result;
}

}  // namespace

// The second line tells those who send files that this one has more than text.
PdfFile::PdfFile() : bytes_("%PDF-1.5\n%\xC2\xB5\xC2\xB6\n") {}

int PdfFile::reserve() {
  begins_.push_back(0);
  return static_cast<int>(begins_.size());
}

int PdfFile::add(std::string_view object) {
  const int number = reserve();
  add(number, object);
  return number;
}

void PdfFile::add(int reserved, std::string_view object) {
  begins_[static_cast<size_t>(reserved) - 1] = bytes_.size();
  bytes_ += fmt::format("{} 0 obj\n{}\nendobj\n", reserved, object);
}

int PdfFile::add_stream(std::string_view entries, std::string_view bytes) {
  const std::string data = deflated(bytes);
  const int number = reserve();
  begins_.back() = bytes_.size();
  bytes_ += fmt::format("{} 0 obj\n<< {}{}/Length {} /Filter /FlateDecode >>\nstream\n", number, entries,
                        entries.empty() ? "" : " ", data.size());
  bytes_ += data;
  bytes_ += "\nendstream\nendobj\n";
  return number;
}

std::string PdfFile::finish(int catalog, int information) {
  const size_t table = bytes_.size(), count = begins_.size() + 1;
  bytes_ += fmt::format("xref\n0 {}\n0000000000 65535 f \n", count);
  for (const size_t begin : begins_) bytes_ += fmt::format("{:010} 00000 n \n", begin);
  bytes_ += fmt::format("trailer\n<< /Size {} /Root {} /Info {} >>\nstartxref\n{}\n%%EOF\n", count,
                        reference(catalog), reference(information), table);
  return std::move(bytes_);
}

void append_number(std::string& text, double value, int decimals) {
  static constexpr std::array kPowers = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
  const long long power = kPowers.at(static_cast<size_t>(decimals));
  long long whole = std::llround(value * static_cast<double>(power));
  if (whole < 0) text += '-', whole = -whole;
  std::array<char, 24> digits;
  char* end = std::to_chars(digits.data(), digits.data() + digits.size(), whole / power).ptr;
  text.append(digits.data(), end);
  long long rest = whole % power;
  if (rest == 0) return;
  text += '.';
  for (long long place = power / 10; rest > 0; place /= 10)
    text += static_cast<char>('0' + rest / place), rest %= place;
}

std::string reference(int object) { return fmt::format("{} 0 R", object); }

}  // namespace orrery
