#include <algorithm>
#include <limits>

#include "runtime/core/error.h"
#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

using Whole = std::vector<std::int64_t>;

// The attributes of TfIdfVectorizer. The pool holds the sought 1-grams, then the 2-grams, …; `counts` tells
// where those of each length begin, `columns` the place of each n-gram's count in the result.
struct NgramPool {
  std::int64_t shortest, longest, most_skipped;
  Whole pool, counts, columns;
  std::vector<double> weights;
  std::string mode;

  std::int64_t width() const { return columns.empty() ? 0 : *std::ranges::max_element(columns) + 1; }
  std::int64_t begin(std::int64_t length) const { return counts[static_cast<std::size_t>(length - 1)]; }
  std::int64_t end(std::int64_t length) const {
    const auto next = static_cast<std::size_t>(length);
    return next < counts.size() ? counts[next] : static_cast<std::int64_t>(pool.size());
  }
};

void require_sound_pool(const OnnxCall& call, const NgramPool& ngrams) {
  const auto lengths = static_cast<std::int64_t>(ngrams.counts.size());
  if (ngrams.shortest < 1 || ngrams.longest < ngrams.shortest || ngrams.longest > lengths ||
      ngrams.most_skipped < 0)
    call.refuse("its lengths of n-grams contradict each other");
  std::int64_t sought = 0;
  for (std::int64_t length = 1; length <= lengths; ++length) {
    const std::int64_t size = ngrams.end(length) - ngrams.begin(length);
    if (ngrams.begin(length) < 0 || size < 0 || size % length != 0)
      call.refuse("its pool holds no whole number of n-grams");
    sought += size / length;
  }
  const auto columns = static_cast<std::int64_t>(ngrams.columns.size());
  const bool weighed = ngrams.weights.empty() || ngrams.weights.size() == ngrams.columns.size();
  constexpr std::int64_t kMostColumns = 1 << 24;
  if (sought != columns || !weighed || columns == 0 || *std::ranges::min_element(ngrams.columns) < 0 ||
      ngrams.width() > kMostColumns)
    call.refuse("its pool, indexes and weights do not belong together");
}

NgramPool read_pool(const OnnxCall& call) {
  if (call.given("pool_strings")) call.refuse("it seeks texts, which Orrery does not have");
  NgramPool ngrams{call.integer("min_gram_length"), call.integer("max_gram_length"),
                   call.integer("max_skip_count"),  call.integers("pool_int64s"),
                   call.integers("ngram_counts"),   call.integers("ngram_indexes"),
                   call.reals("weights", {}),       call.text("mode", "")};
  if (ngrams.mode != "TF" && ngrams.mode != "IDF" && ngrams.mode != "TFIDF")
    call.refuse("the attribute 'mode' must be TF, IDF or TFIDF, got '" + ngrams.mode + "'");
  require_sound_pool(call, ngrams);
  return ngrams;
}

Value integers_of(const OnnxCall& call, const Whole& elements) {
  return call.constant(OnnxLiteral(DType::int64, {static_cast<std::int64_t>(elements.size())},
                                   std::vector<Dim>(elements.begin(), elements.end())));
}

// The nth letter of each n-gram of a length.
Whole letters_of(const NgramPool& ngrams, std::int64_t length, std::int64_t letter) {
  Whole letters;
  for (std::int64_t at = ngrams.begin(length); at < ngrams.end(length); at += length)
    letters.push_back(ngrams.pool[static_cast<std::size_t>(at + letter)]);
  return letters;
}

// (rows, n-grams): how often each n-gram of a length stands in a row x (rows, places), its letters `step`
// apart.
Value count_ngrams(const OnnxCall& call, const Value& x, const NgramPool& ngrams, std::int64_t length,
                   std::int64_t step) {
  const std::int64_t places = x.shape()[1].value() - (length - 1) * step;
  Value found;
  for (std::int64_t letter = 0; letter < length; ++letter) {
    const std::int64_t start = letter * step;
    const Value there = call.apply("slice", {x}, {{"dim", 1}, {"start", start}, {"end", start + places}});
    const Value same = call.apply("eq", {call.apply("unsqueeze", {there}, {{"dim", 2}}),
                                         integers_of(call, letters_of(ngrams, length, letter))});
    found = found ? call.apply("logical_and", {found, same}) : same;
  }
  return call.apply("sum", {found}, {{"dim", Whole{1}}, {"dtype", DType::float32}});
}

// The counts of all n-grams of a length, with every number of letters left out between theirs. Single letters
// have none between them.
Value count_length(const OnnxCall& call, const Value& x, const NgramPool& ngrams, std::int64_t length) {
  const std::int64_t most = length == 1 ? 0 : ngrams.most_skipped;
  Value counts;
  for (std::int64_t skipped = 0; skipped <= most; ++skipped) {
    if (x.shape()[1].value() <= (length - 1) * (skipped + 1)) break;
    const Value more = count_ngrams(call, x, ngrams, length, skipped + 1);
    counts = counts ? call.apply("add", {counts, more}) : more;
  }
  return counts;
}

// Which of the pool's n-grams have a length, counted over all lengths.
std::pair<std::int64_t, std::int64_t> ngrams_of_length(const NgramPool& ngrams, std::int64_t length) {
  std::int64_t before = 0;
  for (std::int64_t shorter = 1; shorter < length; ++shorter)
    before += (ngrams.end(shorter) - ngrams.begin(shorter)) / shorter;
  return {before, before + (ngrams.end(length) - ngrams.begin(length)) / length};
}

// Frequencies, or whether there are any, each times its weight.
Value weighed_counts(const OnnxCall& call, const Value& counts, const NgramPool& ngrams, std::int64_t first,
                     std::int64_t last) {
  if (ngrams.mode == "TF") return counts;
  Value weighed = counts;
  if (ngrams.mode == "IDF")
    weighed = onnx_in_dtype(call, call.apply("gt", {counts}, {{"other", 0}}), DType::float32);
  if (ngrams.weights.empty()) return weighed;
  const std::vector<double> weights(ngrams.weights.begin() + first, ngrams.weights.begin() + last);
  return call.apply("mul", {weighed, call.constant(OnnxLiteral(DType::float32, {last - first}, weights))});
}

Value rows_of_input(const OnnxCall& call) {
  const Value x = call.value(0);
  const Shape& shape = x.shape();
  if (shape.empty() || shape.size() > 2 || !is_integral(x.dtype()) || !shape.back().known())
    call.refuse("its input must be integers (C) or (N, C) with C known, got " + str(shape));
  return shape.size() == 1 ? call.apply("unsqueeze", {x}, {{"dim", 0}}) : x;
}

void import_tf_idf(OnnxCall& call) {
  const NgramPool ngrams = read_pool(call);
  const Value x = rows_of_input(call);
  Value result = call.apply("full", {}, {{"size", Shape{x.shape()[0], ngrams.width()}}, {"fill_value", 0.0}});
  for (std::int64_t length = ngrams.shortest; length <= ngrams.longest; ++length) {
    const auto [first, last] = ngrams_of_length(ngrams, length);
    if (first == last) continue;
    const Value counts = count_length(call, x, ngrams, length);
    if (!counts) continue;
    const Whole columns(ngrams.columns.begin() + first, ngrams.columns.begin() + last);
    result = call.apply(
        "index_add", {result, integers_of(call, columns), weighed_counts(call, counts, ngrams, first, last)},
        {{"dim", 1}});
  }
  call.give(call.rank(0) == 1 ? call.apply("squeeze", {result}, {{"dim", Whole{0}}}) : result);
}

}  // namespace

void add_onnx_ngrams(OnnxOperators& table) { table.add("TfIdfVectorizer", import_tf_idf); }

}  // namespace orrery
