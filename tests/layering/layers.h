#pragma once

#include <string>
#include <string_view>
#include <vector>

// The directions of includes that the design allows, as data, and the check of one include against them.
namespace orrery::layering {

// A folder and the folders or headers that its files may include beside its own. The longest folder that a
// file lies in decides; what stands in no folder of the list (tests) may include anything.
struct Layer {
  std::string_view folder;
  std::vector<std::string_view> sees;
};

// A library's headers and the only folders whose files may include them.
struct Library {
  std::string_view name;
  std::vector<std::string_view> prefixes;
  std::vector<std::string_view> users;
};

const std::vector<Layer>& layers();
const std::vector<Library>& libraries();

// Why a file (by its path from the root) may not include a header (the text between the quotes or brackets);
// empty when it may.
std::string fault_of_include(std::string_view file, std::string_view header);

}  // namespace orrery::layering
