#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// A PDF file (ISO 32000-1) as numbered objects and the table of where they begin. The bytes depend on what
/// is added alone. Not copied.
class PdfFile {
 public:
  PdfFile();

  /// The number of an object that others name before it is added.
  int reserve();
  /// Adds an object, such as `<< /Type /Catalog >>`; gives its number.
  int add(std::string_view object);
  void add(int reserved, std::string_view object);
  /// Adds bytes, deflated, with further entries of their dictionary; gives their number.
  int add_stream(std::string_view entries, std::string_view bytes);

  /// The file's bytes. Nothing is added afterwards.
  std::string finish(int catalog, int information);

 private:
  std::string bytes_;
  std::vector<size_t> begins_;  // of the object with the number i + 1
};

/// Appends a number as PDF writes it, without an exponent, rounded to so many decimals (0 to 6).
void append_number(std::string& text, double value, int decimals);

/// `4 0 R`
std::string reference(int object);

}  // namespace orrery
