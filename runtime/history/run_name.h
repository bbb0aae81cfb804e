#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery {

/// `brave-otter-12`: two words chosen by `chance` (any number), then the run's own number.
std::string make_run_name(std::uint64_t chance, std::int64_t number);

/// 32 hexadecimal digits, never the same twice: what a run, or a sweep, is known by in every file.
std::string make_uid();

/// Throws a usage Error unless the text can name a run, which is also a folder under `runs/`: 1 to 100
/// bytes of UTF-8, without `/`, control characters and blanks at either end; not beginning with `-` or
/// `.`; not only digits (that is a run's id); not `last`, and without `~` and `:` (they ask for a run).
void check_run_name(std::string_view name);

}  // namespace orrery
