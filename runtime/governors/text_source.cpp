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

// Each line's tokens, one after the other; the vocabulary is that of the whole text.
TextSamples lines_of(const std::string& text, const std::string& path, const TokenOptions& options) {
  std::string joined;
  std::vector<std::size_t> ends;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) {
      joined.append(text, start, end - start);
      ends.push_back(joined.size());
    }
    start = end + 1;
  }
  TextSamples samples;
  if (options.unit == TokenOptions::Unit::given) {
    // No token reaches from one line into the next.
    samples.text.vocabulary = options.vocabulary;
    std::size_t start = 0;
    for (const std::size_t end : ends) {
      const TokenText line = tokens_of(joined.substr(start, end - start), path, options);
      samples.begin.push_back(static_cast<std::int64_t>(samples.text.tokens.size()));
      samples.text.tokens.insert(samples.text.tokens.end(), line.tokens.begin(), line.tokens.end());
      samples.end.push_back(static_cast<std::int64_t>(samples.text.tokens.size()));
      start = end;
    }
    return samples;
  }
  samples.text = tokens_of(joined, path, options);
  std::size_t byte = 0, token = 0;
  const auto bytes_of = [&](std::int32_t number) -> std::size_t {
    if (options.unit == TokenOptions::Unit::bytes) return 1;
    return samples.text.vocabulary[static_cast<std::size_t>(number)].size();
  };
  for (const std::size_t end : ends) {
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
  if (!source.options.has("length")) return lines_of(text, quote_path(path), options);
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
