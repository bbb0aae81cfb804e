#include "runtime/formats/npy_header.h"

#include <charconv>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr std::size_t kMostDimensions = 64;

class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, const std::string& source) : rest_(text), source_(source) {}

  NpyDictionary read() {
    expect('{');
    while (!accept('}')) {
      read_entry();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty() || found_ != kAll) refuse();
    return std::move(dictionary_);
  }

 private:
  static constexpr unsigned kDescr = 1, kOrder = 2, kShape = 4, kAll = 7;

  void read_entry() {
    const std::string key = quoted();
    expect(':');
    const unsigned which = key == "descr" ? kDescr : key == "fortran_order" ? kOrder : kShape;
    if ((which == kShape && key != "shape") || (found_ & which)) refuse();
    found_ |= which;
    if (which == kDescr) return read_descr();
    if (which == kOrder) return read_order();
    read_shape();
  }

  void read_descr() {
    skip_blanks();
    check(!rest_.starts_with('['), Fault::input_file,
          "{} holds a structured array; plain arrays of numbers are read", source_);
    dictionary_.descr = quoted();
  }

  void read_order() {
    skip_blanks();
    dictionary_.fortran_order = rest_.starts_with("True");
    const std::string_view word = dictionary_.fortran_order ? "True" : "False";
    if (!rest_.starts_with(word)) refuse();
    rest_.remove_prefix(word.size());
  }

  void read_shape() {
    expect('(');
    while (!accept(')')) {
      dictionary_.shape.push_back(whole_number());
      if (dictionary_.shape.size() > kMostDimensions) refuse();
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::int64_t whole_number() {
    skip_blanks();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc{} || number < 0) refuse();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (rest_.starts_with('L')) rest_.remove_prefix(1);  // as Python 2 wrote it
    return number;
  }

  std::string quoted() {
    skip_blanks();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : rest_.npos;
    if (end == rest_.npos) refuse();
    const std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool accept(char wanted) {
    skip_blanks();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) refuse();
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }

  [[noreturn]] void refuse() const {
    fail(Fault::input_file,
         "{} is damaged: its .npy header is no dictionary of 'descr', 'fortran_order' and 'shape'", source_);
  }

  std::string_view rest_;
  const std::string& source_;
  NpyDictionary dictionary_;
  unsigned found_ = 0;
};

}  // namespace

NpyDictionary parse_npy_dictionary(std::string_view text, const std::string& source) {
  return DictionaryReader(text, source).read();
}

}  // namespace orrery
