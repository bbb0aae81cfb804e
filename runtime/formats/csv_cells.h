#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// Cuts one line of CSV into its cells, blanks around them taken off, quotes still on. Returns what is
/// wrong with the line (an unclosed quote, text behind a closing quote), nothing if it is good.
/// The cells point into `line`.
std::optional<std::string> split_csv_line(std::string_view line, char delimiter,
                                          std::vector<std::string_view>& cells);

/// The text of a cell that `split_csv_line` gave: quotes off, doubled quotes single.
std::string csv_cell_text(std::string_view cell);

/// The delimiter that a first line seems to use: of `,`, tab, `;` and `|` the one met most outside
/// quotes; a comma when there is none.
char guess_csv_delimiter(std::string_view line);

}  // namespace orrery
