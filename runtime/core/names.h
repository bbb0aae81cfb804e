#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery {

/// Edits (insert, delete, replace, swap of neighbours) that turn one name into the other, ignoring
/// case: the restricted Damerau-Levenshtein distance.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to a mistyped name; nothing when none is near enough to be meant (more than
/// a third of the longer name would have to change, and at least one letter may; of a name that three
/// letters or more begin, all the others may be missing).
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);

/// ` (did you mean 'stride'?)`, or empty: to be put behind a message about an unknown name.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

/// The default name of a layer or operation kind: `Conv2d` → `conv2d`, `CrossEntropyLoss` →
/// `cross_entropy_loss`, `LSTM` → `lstm`, `BatchNorm2d` → `batch_norm2d`.
std::string snake_case(std::string_view kind);

/// True for a name that may stand in a path: not empty, at most 200 bytes of printable UTF-8, without
/// `/`, control characters, or blanks at either end.
bool valid_name(std::string_view name);

}  // namespace orrery
