#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace orrery {

/// Raw bytes, told apart from text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// One value of a query's answer: NULL, integer, real, text or bytes. Text is valid UTF-8 without NUL
/// (`text.h` tells how other bytes are shown).
using Cell = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

using Row = std::vector<Cell>;

/// An answer with its column names; every row is as long as `columns`.
struct Table {
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

}  // namespace orrery
