#include "runtime/history/run_condition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "runtime/core/names.h"
#include "runtime/history/run_field.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr std::size_t kLongest = 10'000;
constexpr int kMostComparisons = 200;
constexpr int kDeepest = 50;

struct Token {
  enum class Kind { word, text, operation, open, close, end };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;  ///< byte of the whole text
};

std::size_t letters_before(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                                                [](char c) { return (c & 0xC0) != 0x80; }));
}

// A piece of a long text around the place, so that the mark stays below what it marks.
[[noreturn]] void point_at(std::string_view text, std::size_t at, const std::string& what,
                           const std::string& remedy = {}) {
  constexpr std::size_t kBefore = 60, kAfter = 20;
  const std::size_t letters = letters_before(text, at);
  std::size_t begin = at > kBefore ? at - kBefore : 0, end = std::min(text.size(), at + kAfter);
  while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  std::string shown(text.substr(begin, end - begin));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  const std::size_t blanks = letters - letters_before(text, begin);
  throw Error(Fault::usage,
              fmt::format("the condition, column {}: {}\n  {}\n  {}^", letters + 1, what,
                          storable_text(shown), std::string(blanks, ' ')),
              {}, remedy);
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool begins_operator(char c) { return c == '=' || c == '!' || c == '<' || c == '>' || c == '~'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Token next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ == text_.size()) return {Token::Kind::end, "", at_};
    const char c = text_[at_];
    if (c == '(') return {Token::Kind::open, "(", at_++};
    if (c == ')') return {Token::Kind::close, ")", at_++};
    if (c == '"' || c == '\'') return quoted(c);
    if (begins_operator(c)) return operation();
    return word();
  }

 private:
  // A quote within is written twice, as in SQL.
  Token quoted(char quote) {
    Token token{Token::Kind::text, "", at_};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) {
          ++at_;
          return token;
        }
        ++at_;
      }
      token.text += text_[at_];
    }
    point_at(text_, token.at, fmt::format("the {} is never closed", quote));
  }

  Token operation() {
    for (const char* each : {"==", "!=", "<=", ">=", "!~", "<>", "=", "<", ">", "~"}) {
      if (text_.substr(at_).starts_with(each)) {
        Token token{Token::Kind::operation, each, at_};
        at_ += token.text.size();
        if (token.text == "==") token.text = "=";
        if (token.text == "<>") token.text = "!=";
        return token;
      }
    }
    point_at(text_, at_, "expected a comparison, got '!'", "They are = != < <= > >= ~ !~.");
  }

  Token word() {
    Token token{Token::Kind::word, "", at_};
    while (at_ < text_.size() && !is_blank(text_[at_]) && !begins_operator(text_[at_]) && text_[at_] != '(' &&
           text_[at_] != ')' && text_[at_] != '"' && text_[at_] != '\'')
      token.text += text_[at_++];
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// A number and what stands behind it without a blank.
struct QuantityWord {
  double value = 0;
  std::string_view unit;
};

std::optional<QuantityWord> quantity_of(const Token& token) {
  if (token.kind != Token::Kind::word) return std::nullopt;
  std::string_view digits = token.text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  QuantityWord found;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.value);
  if (error != std::errc() || std::isnan(found.value)) return std::nullopt;
  found.unit = digits.substr(static_cast<std::size_t>(end - digits.data()));
  return found;
}

std::optional<double> number_of(const Token& token) {
  const auto found = quantity_of(token);
  return found && found->unit.empty() ? std::optional(found->value) : std::nullopt;
}

// How many seconds a unit has; nothing of what is none.
std::optional<double> seconds_of(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
      {{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
  for (const auto& [name, seconds] : kUnits)
    if (name == unit) return seconds;
  return std::nullopt;
}

bool says(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && token.text.size() == word.size() &&
         std::equal(word.begin(), word.end(), token.text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

class Compiler {
 public:
  Compiler(const Database& db, std::string_view text) : db_(db), text_(text), reader_(text) { advance(); }

  RunCondition whole() {
    condition(0);
    if (token_.kind == Token::Kind::close) fail("a parenthesis too many");
    if (token_.kind != Token::Kind::end) fail("expected 'and' or 'or' here");
    return std::move(made_);
  }

 private:
  using Kind = RunField::Kind;

  void advance() { token_ = reader_.next(); }
  [[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) const {
    point_at(text_, token_.at, what, remedy);
  }

  void condition(int depth) {
    made_.sql += '(';
    both(depth);
    while (says(token_, "or")) {
      advance();
      made_.sql += " OR ";
      both(depth);
    }
    made_.sql += ')';
  }

  void both(int depth) {
    one(depth);
    while (says(token_, "and")) {
      advance();
      made_.sql += " AND ";
      one(depth);
    }
  }

  void one(int depth) {
    if (depth > kDeepest) fail("the condition is nested too deeply");
    if (says(token_, "not")) {
      advance();
      made_.sql += "NOT ";
      return one(depth + 1);
    }
    if (token_.kind != Token::Kind::open) return comparison();
    const Token opened = token_;
    advance();
    condition(depth + 1);
    if (token_.kind == Token::Kind::end) point_at(text_, opened.at, "this parenthesis is never closed");
    if (token_.kind != Token::Kind::close) fail("expected 'and', 'or' or ')' here");
    advance();
  }

  void comparison() {
    const bool named = token_.kind == Token::Kind::word || token_.kind == Token::Kind::text;
    if (!named || says(token_, "and") || says(token_, "or"))
      fail("expected the name of a column, metric or setting", "As in: lr<0.01 and status=done");
    if (++comparisons_ > kMostComparisons) fail("the condition has too many comparisons");
    const Token name = token_;
    const RunField field = field_of(name);
    advance();
    if (token_.kind != Token::Kind::operation)
      fail(fmt::format("expected a comparison behind '{}'", storable_text(name.text)),
           "They are = != < <= > >= ~ !~.");
    const std::string operation = token_.text;
    advance();
    if (token_.kind != Token::Kind::word && token_.kind != Token::Kind::text)
      fail(fmt::format("expected a value behind '{}'", operation));
    compare(field, operation, token_);
    advance();
  }

  RunField field_of(const Token& name) const {
    try {
      return run_field(db_, name.text);
    } catch (const Error& error) {
      const std::string all = error.message();
      point_at(text_, name.at, all, error.remedy());
    }
  }

  // A comparison with what a run lacks is false, so that `not` and `or` are what they seem.
  void add(const RunField& field, const std::string& sql, const std::vector<Cell>& values) {
    made_.sql += "coalesce(" + sql + ", 0)";
    made_.values.insert(made_.values.end(), field.values.begin(), field.values.end());
    made_.values.insert(made_.values.end(), values.begin(), values.end());
  }

  void compare(const RunField& field, const std::string& operation, const Token& value) {
    const bool equality = operation == "=" || operation == "!=";
    if (field.kind == Kind::several) return any_of(field, operation, value);
    if (operation == "~" || operation == "!~") return contains(field, operation, value);
    if (equality && says(value, "none"))
      return add(field, fmt::format("({} IS {}NULL)", field.sql, operation == "=" ? "" : "NOT "), {});
    if (equality && says(value, "nan") && field.kind == Kind::metric) return is_nan(field, operation);
    if (field.kind == Kind::number || field.kind == Kind::seconds || field.kind == Kind::metric)
      return add(field, fmt::format("({} {} ?)", field.sql, operation), {number_in(field, value)});
    if (field.kind == Kind::setting) return compare_setting(field, operation, value);
    if (field.name == "status") require_status(value);
    add(field, fmt::format("({} {} ?)", field.sql, operation), {value.text});
  }

  // `90`, or `1.5min` where a column is in seconds.
  double number_in(const RunField& field, const Token& value) const {
    const auto found = quantity_of(value);
    if (found && found->unit.empty()) return found->value;
    const std::string got = storable_text(value.text);
    if (field.kind == Kind::seconds) {
      const auto unit = found ? seconds_of(found->unit) : std::nullopt;
      if (!unit)
        fail(fmt::format("{} is a time, got '{}'", field.name, got), "Such as 90, 90s, 1.5min, 2h or 1d.");
      return found->value * *unit;
    }
    fail(fmt::format("{} is a number{}, got '{}'", field.name, found ? " without a unit" : "", got));
  }

  void is_nan(const RunField& field, const std::string& operation) {
    if (field.nan_sql.empty()) fail(fmt::format("{} is never NaN: it is of the other values", field.name));
    add(field, fmt::format("({} {} 1)", field.nan_sql, operation), {});
  }

  void require_status(const Token& value) const {
    const std::vector<std::string> words{"running", "done", "failed", "interrupted"};
    if (std::find(words.begin(), words.end(), value.text) != words.end()) return;
    fail(fmt::format("there is no status '{}'{}", storable_text(value.text), did_you_mean(value.text, words)),
         "It is running, done, failed or interrupted.");
  }

  void contains(const RunField& field, const std::string& operation, const Token& value) {
    const char* wanted = operation == "~" ? "> 0" : "= 0";
    add(field, fmt::format("(instr(lower({}), lower(?)) {})", field.sql, wanted), {value.text});
  }

  // To SQLite every text is larger than every number, and '' is the least text.
  void compare_setting(const RunField& field, const std::string& operation, const Token& value) {
    const auto number = number_of(value);
    if (says(value, "true") || says(value, "false"))
      return add(field, fmt::format("({} {} ?)", field.sql, operation),
                 {Cell(std::int64_t{says(value, "true")})});
    if (operation == "=" || operation == "!=") {
      std::vector<Cell> either{value.text};
      if (number) either.emplace_back(*number);
      return add(
          field,
          fmt::format("({} {} ({}))", field.sql, operation == "=" ? "IN" : "NOT IN", number ? "?, ?" : "?"),
          either);
    }
    std::vector<Cell> again = field.values;
    again.push_back(number ? Cell(*number) : Cell(value.text));
    add(field, fmt::format("({} {} '' AND {} {} ?)", field.sql, number ? "<" : ">=", field.sql, operation),
        again);
  }

  // `tag != x`: none of them is x.
  void any_of(const RunField& field, const std::string& operation, const Token& value) {
    const bool negated = operation[0] == '!';
    const std::string bare = negated ? operation == "!~" ? "~" : "=" : operation;
    if (says(value, "none") && bare == "=")
      return add(field,
                 fmt::format("({}{})", negated ? "" : "NOT ", fmt::format(fmt::runtime(field.sql), "1")), {});
    const std::string each = bare == "~" ? "instr(lower(value), lower(?)) > 0" : "value " + bare + " ?";
    add(field, fmt::format("({}{})", negated ? "NOT " : "", fmt::format(fmt::runtime(field.sql), each)),
        {value.text});
  }

  const Database& db_;
  std::string_view text_;
  Reader reader_;
  Token token_;
  RunCondition made_;
  int comparisons_ = 0;
};

}  // namespace

RunCondition run_condition(const Database& db, std::string_view text) {
  check(text.size() <= kLongest, Fault::usage, "the condition is longer than {} bytes", kLongest);
  if (std::all_of(text.begin(), text.end(), is_blank)) point_at(text, 0, "there is no condition");
  return Compiler(db, text).whole();
}

}  // namespace orrery
