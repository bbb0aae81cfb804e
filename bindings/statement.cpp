#include "bindings/statement.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "runtime/core/error.h"
#include "runtime/files/read_file.h"

namespace orrery::lua {
namespace {

constexpr std::uint64_t kLongestScript = 64 << 20;
constexpr int kLongestStatement = 200;  // lines

bool letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

struct Token {
  enum class Kind { name, literal, symbol, end } kind = Kind::end;
  std::string text;
};

/// Cuts Lua text into tokens; strings, numbers and comments are passed over without looking inside.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  Token next() {
    skip_blanks();
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (letter(c)) return word();
    if (c == '"' || c == '\'') return quoted(c);
    if (auto level = long_bracket()) return skip_long(*level), Token{Token::Kind::literal, ""};
    return symbol();
  }

 private:
  char at(size_t offset) const { return at_ + offset < text_.size() ? text_[at_ + offset] : '\0'; }

  void skip_blanks() {
    for (;;) {
      while (at_ < text_.size() && blank(text_[at_])) ++at_;
      if (at(0) != '-' || at(1) != '-') return;
      at_ += 2;
      if (auto level = long_bracket()) {
        skip_long(*level);
      } else {
        at_ = std::min(text_.find('\n', at_), text_.size());
      }
    }
  }

  // The number of `=` in `[==[`, nothing when no such bracket stands here.
  std::optional<size_t> long_bracket() const {
    if (at(0) != '[') return std::nullopt;
    size_t level = 0;
    while (at(1 + level) == '=') ++level;
    return at(1 + level) == '[' ? std::optional(level) : std::nullopt;
  }

  void skip_long(size_t level) {
    const std::string closing = "]" + std::string(level, '=') + "]";
    const size_t end = text_.find(closing, at_);
    at_ = end == std::string_view::npos ? text_.size() : end + closing.size();
  }

  Token number() {
    while (letter(at(0)) || (at(0) == '.' && at(1) != '.')) ++at_;
    return {Token::Kind::literal, ""};
  }

  Token word() {
    const size_t begin = at_;
    while (letter(at(0))) ++at_;
    return {Token::Kind::name, std::string(text_.substr(begin, at_ - begin))};
  }

  Token quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
    return {Token::Kind::literal, ""};
  }

  Token symbol() {
    for (std::string_view two : {"==", "~=", "<=", ">=", ".."})
      if (text_.substr(at_, 2) == two) return at_ += 2, Token{Token::Kind::symbol, std::string(two)};
    return {Token::Kind::symbol, std::string(1, text_[at_++])};
  }

  std::string_view text_;
  size_t at_ = 0;
};

// How loosely a binary operator binds; 0 for what is none. The loosest one is the outermost.
int looseness(const Token& token) {
  if (token.kind == Token::Kind::name) return token.text == "or" ? 8 : token.text == "and" ? 7 : 0;
  if (token.kind != Token::Kind::symbol) return 0;
  if (token.text == "^") return 1;
  if (token.text == "*" || token.text == "/" || token.text == "%") return 3;
  if (token.text == "+" || token.text == "-") return 4;
  if (token.text == "..") return 5;
  for (const char* comparison : {"==", "~=", "<", ">", "<=", ">="})
    if (token.text == comparison) return 6;
  return 0;
}

bool is_symbol(const Token& token, const char* text) {
  return token.kind == Token::Kind::symbol && token.text == text;
}

/// Reads one expression and keeps its outermost operation.
class ExpressionReader {
 public:
  explicit ExpressionReader(Tokens tokens) : tokens_(tokens), token_(tokens_.next()) {}

  Expression read() {
    for (;;) {
      const bool negative = read_unary();
      const Expression operand = read_operand();
      if (loosest_ == 0) outermost_ = negative ? Expression::operation("neg") : operand;
      const int loose = looseness(token_);
      if (loose == 0) return outermost_;
      // Operators of one rank group to the left, so the last of them is outermost; `^` to the right.
      if (loose > loosest_ || (loose == loosest_ && loose != 1)) {
        loosest_ = loose;
        outermost_ = Expression::operation(token_.text);
      }
      advance();
    }
  }

 private:
  void advance() { token_ = tokens_.next(); }

  bool read_unary() {
    bool negative = false;
    while (is_symbol(token_, "-") || is_symbol(token_, "#") ||
           (token_.kind == Token::Kind::name && token_.text == "not")) {
      negative = negative || is_symbol(token_, "-");
      advance();
    }
    return negative;
  }

  Expression read_operand() {
    Expression done;
    if (token_.kind == Token::Kind::name) {
      callee_ = token_.text;
      advance();
    } else if (opens()) {
      callee_.clear();
      skip_brackets();
    } else {
      if (token_.kind == Token::Kind::literal) advance();
      return done;
    }
    while (read_suffix(done)) {
    }
    return done;
  }

  bool read_suffix(Expression& done) {
    if (is_symbol(token_, ".")) {
      advance();
      callee_ = done.kind == Expression::Kind::none ? callee_ + "." + token_.text : token_.text;
      done = {};
      advance();
    } else if (is_symbol(token_, ":")) {
      advance();
      done = Expression::method(token_.text);
      advance();
      read_arguments();
    } else if (is_symbol(token_, "[")) {
      skip_brackets();
      done = Expression::indexing();
    } else if (opens() || token_.kind == Token::Kind::literal) {
      read_arguments();
      done = done.kind == Expression::Kind::call
                 ? Expression::call(done.name, done.calls + 1)
                 : Expression::call(done.kind == Expression::Kind::none ? callee_ : "");
    } else {
      return false;
    }
    return true;
  }

  void read_arguments() {
    if (opens()) {
      skip_brackets();
    } else if (token_.kind == Token::Kind::literal) {
      advance();
    }
  }

  bool opens() const { return is_symbol(token_, "(") || is_symbol(token_, "{") || is_symbol(token_, "["); }
  bool closes() const { return is_symbol(token_, ")") || is_symbol(token_, "}") || is_symbol(token_, "]"); }

  void skip_brackets() {
    int depth = 0;
    do {
      depth += opens() - closes();
      advance();
    } while (depth > 0 && token_.kind != Token::Kind::end);
  }

  Tokens tokens_;
  Token token_;
  std::string callee_;
  Expression outermost_;
  int loosest_ = 0;
};

bool goes_on(const std::string& line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first != std::string::npos &&
         std::string_view(":.+*/^)}],").find(line[first]) != std::string_view::npos;
}

std::string joined(const std::vector<std::string>& lines, int first, int last) {
  std::string text;
  for (int i = first; i < std::min<int>(last, static_cast<int>(lines.size())); ++i) text += lines[i] + "\n";
  return text;
}

// True when a bracket is closed that was opened before the text.
bool closes_too_much(const std::string& text) {
  Tokens tokens(text);
  int depth = 0;
  for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
    if (token.kind != Token::Kind::symbol) continue;
    depth += std::string_view("({[").find(token.text) != std::string_view::npos;
    depth -= std::string_view(")}]").find(token.text) != std::string_view::npos;
    if (depth < 0) return true;
  }
  return false;
}

std::string statement_text(const std::vector<std::string>& lines, int line) {
  int first = line - 1;
  const int earliest = std::max(0, first - kLongestStatement);
  while (first > earliest && (goes_on(lines[first]) || closes_too_much(joined(lines, first, line)))) --first;
  return joined(lines, first, first + kLongestStatement);
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

Assignment assignment_at(const std::vector<std::string>& lines, int line) {
  if (line < 1 || line > static_cast<int>(lines.size())) return {};
  const std::string text = statement_text(lines, line);
  Tokens tokens(text);
  Token token = tokens.next();
  if (token.kind == Token::Kind::name && token.text == "local") token = tokens.next();
  Assignment assignment;
  for (;;) {
    if (token.kind != Token::Kind::name) return {};
    assignment.names.push_back(token.text);
    token = tokens.next();
    if (!is_symbol(token, ",")) break;
    token = tokens.next();
  }
  if (!is_symbol(token, "=")) return {};
  assignment.value = ExpressionReader(tokens).read();
  return assignment;
}

bool matches(const Expression& written, const Expression& done) {
  if (written.kind != done.kind || written.kind == Expression::Kind::none) return false;
  if (written.kind == Expression::Kind::index) return true;
  if (written.kind != Expression::Kind::call) return written.name == done.name;
  return written.calls == done.calls && (written.name == done.name || last_part(written.name) == done.name);
}

const std::vector<std::string>& SourceTexts::lines(const std::string& chunk) {
  auto known = texts_.find(chunk);
  if (known != texts_.end()) return known->second;
  std::string text = chunk;
  if (chunk.starts_with("=")) text.clear();
  if (chunk.starts_with("@")) {
    // A label is a nicety: a script that can no longer be read has none.
    try {
      text = read_text(chunk.substr(1), kLongestScript);
    } catch (const Error&) {
      text.clear();
    }
  }
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return texts_[chunk] = std::move(lines);
}

}  // namespace orrery::lua
