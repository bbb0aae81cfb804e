#include "runtime/files/paths.h"
#include "runtime/governors/source_kinds.h"
#include "runtime/governors/text_samples.h"

namespace orrery {
namespace {

TokenOptions token_options(const DataSource& source) {
  TokenOptions options;
  if (source.options.text("unit") == "bytes") options.unit = TokenOptions::Unit::bytes;
  const auto vocabulary = source.parts.lists.find("vocabulary");
  if (vocabulary != source.parts.lists.end()) {
    options.unit = TokenOptions::Unit::given;
    options.vocabulary = vocabulary->second;
  }
  if (!source.options.has("unknown")) return options;
  check(options.unit == TokenOptions::Unit::given, Fault::usage, "unknown has no meaning without vocabulary");
  options.unknown = source.options.text("unknown");
  return options;
}

bool has_target(const DataSource& source) {
  return source.options.has("length") && source.options.boolean("target");
}

void cut_windows(const DataSource& source, TextSamples& samples) {
  const std::int64_t length = source.options.integer("length");
  const std::int64_t stride = source.options.has("stride") ? source.options.integer("stride") : length;
  const std::int64_t reach = length + (has_target(source) ? 1 : 0);
  const auto count = static_cast<std::int64_t>(samples.text.tokens.size());
  for (std::int64_t first = 0; first + reach <= count; first += stride) {
    samples.begin.push_back(first);
    samples.end.push_back(first + reach);
  }
  check(!samples.begin.empty(), Fault::input_file, "{} has {} tokens, too few for one window of {}",
        quote_path(source.options.text("path")), count, reach);
}

// The lines that are not empty, behind each other.
struct JoinedLines {
  std::string text;
  std::vector<std::size_t> ends;
};

JoinedLines joined_lines(const std::string& text) {
  JoinedLines lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) {
      lines.text.append(text, start, end - start);
      lines.ends.push_back(lines.text.size());
    }
    start = end + 1;
  }
  return lines;
}

// No token of a vocabulary that was given reaches from one line into the next.
TextSamples lines_in_vocabulary(const JoinedLines& lines, const std::string& path,
                                const TokenOptions& options) {
  TextSamples samples;
  samples.text.vocabulary = options.vocabulary;
  std::vector<std::int32_t>& tokens = samples.text.tokens;
  std::size_t start = 0;
  for (const std::size_t end : lines.ends) {
    const TokenText line = tokens_of(lines.text.substr(start, end - start), path, options);
    samples.begin.push_back(static_cast<std::int64_t>(tokens.size()));
    tokens.insert(tokens.end(), line.tokens.begin(), line.tokens.end());
    samples.end.push_back(static_cast<std::int64_t>(tokens.size()));
    start = end;
  }
  return samples;
}

// The vocabulary is that of the whole text.
TextSamples lines_of_units(const JoinedLines& lines, const std::string& path, const TokenOptions& options) {
  TextSamples samples;
  samples.text = tokens_of(lines.text, path, options);
  const auto bytes_of = [&](std::int32_t number) -> std::size_t {
    if (options.unit == TokenOptions::Unit::bytes) return 1;
    return samples.text.vocabulary[static_cast<std::size_t>(number)].size();
  };
  std::size_t byte = 0, token = 0;
  for (const std::size_t end : lines.ends) {
    samples.begin.push_back(static_cast<std::int64_t>(token));
    while (byte < end) byte += bytes_of(samples.text.tokens[token++]);
    samples.end.push_back(static_cast<std::int64_t>(token));
  }
  return samples;
}

}  // namespace

TextSamples text_samples(const DataSource& source) {
  const std::string& path = source.options.text("path");
  const TokenOptions options = token_options(source);
  check(source.options.has("length") || !source.options.has("stride"), Fault::usage,
        "stride has no meaning without length");
  const std::string text = read_plain_text(path);
  check(!text.empty(), Fault::input_file, "{} is empty", quote_path(path));
  if (!source.options.has("length"))
    return options.unit == TokenOptions::Unit::given
               ? lines_in_vocabulary(joined_lines(text), quote_path(path), options)
               : lines_of_units(joined_lines(text), quote_path(path), options);
  TextSamples samples;
  samples.text = tokens_of(text, quote_path(path), options);
  cut_windows(source, samples);
  return samples;
}

SourceHeader open_text(const DataSource& source) {
  const TextSamples samples = text_samples(source);
  const bool windows = source.options.has("length");
  const Shape shape = {windows ? Dim(source.options.integer("length")) : Dim::symbol("T")};
  SourceHeader header{.fields = {{"tokens", {shape, DType::int64}}},
                      .classes = samples.text.vocabulary,
                      .length = static_cast<std::int64_t>(samples.begin.size())};
  if (has_target(source)) header.fields.push_back({"target", {shape, DType::int64}, true});
  return header;
}

}  // namespace orrery
