// docs/invariants.md against the codes in the source.
#include <filesystem>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

const std::filesystem::path kRoot = in_source("");

void collect(const std::string& text, const std::regex& pattern, std::set<std::string>& found) {
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
    found.insert((*at)[1]);
}

// Codes are the only literals of this form in the folders that make findings.
std::set<std::string> codes_in_source() {
  std::set<std::string> codes;
  for (const char* folder : {"runtime/graph", "runtime/ops", "runtime/governors"})
    for (const auto& file : std::filesystem::recursive_directory_iterator(kRoot / folder))
      if (file.path().extension() == ".cpp")
        collect(content_of(file.path()), std::regex("\"([a-z]+(-[a-z]+)+)\""), codes);
  codes.erase("nearest-exact");  // a way of resizing
  return codes;
}

std::set<std::string> codes_in_headers() {
  std::set<std::string> codes;
  for (const char* header : {"runtime/graph/invariants.h", "runtime/governors/invariants.h"})
    collect(content_of(kRoot / header), std::regex("`([a-z]+(-[a-z]+)+)`"), codes);
  return codes;
}

std::set<std::string> codes_on_page() {
  std::set<std::string> codes;
  collect(content_of(kRoot / "docs/invariants.md"), std::regex("### O\\d+ `([a-z-]+)`"), codes);
  return codes;
}

TEST(InvariantsPageTest, ExplainsEveryCodeAndNoOther) { EXPECT_EQ(codes_on_page(), codes_in_source()); }

TEST(InvariantsPageTest, TheHeadersNameOnlyCodesThatExist) {
  const std::set<std::string> known = codes_in_source();
  for (const std::string& code : codes_in_headers()) EXPECT_TRUE(known.contains(code)) << code;
}

TEST(InvariantsPageTest, EveryCodeHasAnExample) {
  const std::string page = content_of(kRoot / "docs/invariants.md");
  for (const std::string& code : codes_on_page()) {
    const size_t begin = page.find(" `" + code + "`");
    const std::string section = page.substr(begin, page.find("\n### ", begin + 1) - begin);
    EXPECT_NE(section.find("\n    "), std::string::npos) << code;
  }
}

}  // namespace
}  // namespace orrery
