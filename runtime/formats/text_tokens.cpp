#include "runtime/formats/text_tokens.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/utf8.h"

namespace orrery {
namespace {

constexpr int kByteValues = 256;

std::int64_t line_at(std::string_view text, std::size_t place) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n');
}

TokenText bytes_of(std::string_view text) {
  TokenText made;
  // Names must be UTF-8, which single bytes above 7F are not.
  for (int i = 0; i < kByteValues; ++i)
    made.vocabulary.push_back(i >= ' ' && i < 0x7F ? std::string(1, static_cast<char>(i))
                                                   : fmt::format("\\x{:02X}", i));
  made.tokens.reserve(text.size());
  for (const char c : text) made.tokens.push_back(static_cast<unsigned char>(c));
  return made;
}

TokenText characters_of(std::string_view text, const std::string& source) {
  std::map<std::string_view, std::int32_t> numbers;  // UTF-8 sorts as its code points do
  std::vector<std::string_view> parts;
  parts.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_bytes(text.substr(at));
    if (size == 0)
      throw Error(Fault::input_file,
                  fmt::format("{} line {}: the text is not UTF-8", source, line_at(text, at)), {},
                  "Convert it, or read it with unit = 'bytes'.");
    parts.push_back(text.substr(at, size));
    numbers.try_emplace(parts.back(), 0);
    at += size;
  }
  TokenText made;
  for (auto& [part, number] : numbers) {
    number = static_cast<std::int32_t>(made.vocabulary.size());
    made.vocabulary.emplace_back(part);
  }
  for (const std::string_view part : parts) made.tokens.push_back(numbers.at(part));
  return made;
}

class Vocabulary {
 public:
  Vocabulary(const TokenOptions& options) : options_(options) {
    check(!options.vocabulary.empty(), Fault::usage, "vocabulary has no entry");
    for (const std::string& entry : options.vocabulary) {
      check(!entry.empty(), Fault::usage, "vocabulary has an empty entry");
      const bool added = numbers_.try_emplace(entry, static_cast<std::int32_t>(numbers_.size())).second;
      check(added, Fault::usage, "vocabulary has the entry {} twice", quote_path(entry));
      longest_ = std::max(longest_, entry.size());
    }
    if (options.unknown.empty()) return;
    const auto unknown = numbers_.find(options.unknown);
    check(unknown != numbers_.end(), Fault::usage, "unknown: {} is no entry of vocabulary",
          quote_path(options.unknown));
    unknown_ = unknown->second;
  }

  std::vector<std::int32_t> read(std::string_view text, const std::string& source) const {
    std::vector<std::int32_t> tokens;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = longest_at(text.substr(at), tokens);
      if (size == 0) {
        check(unknown_ >= 0, Fault::input_file, "{} line {}: no entry of vocabulary fits {}", source,
              line_at(text, at),
              quote_path(text.substr(at, std::max<std::size_t>(1, character_bytes(text.substr(at))))));
        tokens.push_back(unknown_);
      }
      at += size > 0 ? size : std::max<std::size_t>(1, character_bytes(text.substr(at)));
    }
    return tokens;
  }

 private:
  std::size_t longest_at(std::string_view text, std::vector<std::int32_t>& tokens) const {
    for (std::size_t size = std::min(longest_, text.size()); size > 0; --size) {
      const auto found = numbers_.find(std::string(text.substr(0, size)));
      if (found == numbers_.end()) continue;
      tokens.push_back(found->second);
      return size;
    }
    return 0;
  }

  const TokenOptions& options_;
  std::unordered_map<std::string, std::int32_t> numbers_;
  std::size_t longest_ = 0;
  std::int32_t unknown_ = -1;
};

}  // namespace

TokenText tokens_of(std::string_view text, const std::string& source, const TokenOptions& options) {
  switch (options.unit) {
    case TokenOptions::Unit::bytes: return bytes_of(text);
    case TokenOptions::Unit::characters: return characters_of(text, source);
    case TokenOptions::Unit::given: break;
  }
  return {options.vocabulary, Vocabulary(options).read(text, source)};
}

std::string read_plain_text(const std::string& path, std::uint64_t max_bytes, const FileSystem& files) {
  const Bytes content = read_content(path, {.max_bytes = max_bytes}, files);
  std::string_view text = content.text();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') plain += text[i];
  return plain;
}

}  // namespace orrery
