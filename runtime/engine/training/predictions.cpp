#include "runtime/engine/training/predictions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/tensor_box.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npy_writer.h"

namespace orrery {
namespace {

at::Tensor probabilities_of(const at::Tensor& values, Result::Scores scores) {
  const at::Tensor numbers = values.to(values.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  if (scores == Result::Scores::logits) return at::softmax(numbers, 1);
  return scores == Result::Scores::log_probabilities ? at::exp(numbers) : numbers;
}

// `not_finite`: of NaN and infinities; empty: nan, inf.
template <class Number>
std::vector<std::string> texts_of_kind(const at::Tensor& flat, const std::string& not_finite) {
  const at::Tensor held = flat.to(c10::CppTypeToScalarType<Number>::value).contiguous();
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < held.numel(); ++i) {
    const Number number = held.const_data_ptr<Number>()[i];
    const bool spelt = not_finite.empty() || std::isfinite(static_cast<double>(number));
    texts.push_back(spelt ? fmt::format("{}", number) : not_finite);
  }
  return texts;
}

std::vector<std::string> texts_of(const at::Tensor& values, bool json);

// NumPy's form, or a pair.
std::vector<std::string> texts_of_complex(const at::Tensor& values, bool json) {
  const std::vector<std::string> parts = texts_of(at::view_as_real(values.resolve_conj()), json);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    const std::string &real = parts[i], &imaginary = parts[i + 1];
    const char* sign = imaginary.starts_with('-') ? "" : "+";
    texts.push_back(json ? fmt::format("[{},{}]", real, imaginary)
                         : fmt::format("({}{}{}j)", real, sign, imaginary));
  }
  return texts;
}

// Text of each number, as short as it can be read back; JSON has no NaN and no infinities.
std::vector<std::string> texts_of(const at::Tensor& values, bool json) {
  if (values.is_complex()) return texts_of_complex(values, json);
  const at::Tensor flat = values.reshape({-1});
  const std::string not_finite = json ? "null" : "";
  if (!flat.is_floating_point()) return texts_of_kind<std::int64_t>(flat, not_finite);
  if (flat.scalar_type() == at::kDouble) return texts_of_kind<double>(flat, not_finite);
  return texts_of_kind<float>(flat, not_finite);
}

// Numbers as nested arrays of a shape.
std::string nested(const std::vector<std::string>& texts, at::IntArrayRef sizes, std::size_t& next) {
  if (sizes.empty()) return texts[next++];
  std::string made = "[";
  for (std::int64_t i = 0; i < sizes[0]; ++i)
    made += (i == 0 ? "" : ",") + nested(texts, sizes.slice(1), next);
  return made + "]";
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return quoted + "\"";
}

// `scores_0_3` of the number at [0][3] of a sample.
std::vector<std::string> places_in(at::IntArrayRef sizes) {
  std::vector<std::string> places{""};
  for (const std::int64_t size : sizes) {
    std::vector<std::string> longer;
    for (const std::string& place : places)
      for (std::int64_t i = 0; i < size; ++i) longer.push_back(fmt::format("{}_{}", place, i));
    places = std::move(longer);
  }
  return places;
}

}  // namespace

std::vector<std::vector<LikelyClass>> likely_classes(const at::Tensor& values, Result::Scores scores,
                                                     const std::vector<std::string>& classes,
                                                     std::int64_t top) {
  const at::Tensor likely = probabilities_of(values, scores);
  const bool named = static_cast<std::int64_t>(classes.size()) == likely.size(1);
  const auto [best, places] = at::topk(likely, std::min(top, likely.size(1)), 1);
  const at::Tensor numbers = best.to(at::kDouble).contiguous(), indices = places.contiguous();
  std::vector<std::vector<LikelyClass>> rows(static_cast<std::size_t>(numbers.size(0)));
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    const std::int64_t index = indices.const_data_ptr<std::int64_t>()[i];
    rows[static_cast<std::size_t>(i / numbers.size(1))].push_back(
        {index, named ? classes[static_cast<std::size_t>(index)] : std::to_string(index),
         numbers.const_data_ptr<double>()[i]});
  }
  return rows;
}

std::vector<std::string> classes_of(const Graph& graph) {
  const Node* input = graph.input_node();
  return input ? input->input_spec()->classes : std::vector<std::string>();
}

PredictionFile::Format PredictionFile::format_of(const std::string& path) {
  if (path.ends_with(".npy")) return Format::npy;
  if (path.ends_with(".csv")) return Format::csv;
  if (path.ends_with(".json")) return Format::json;
  if (path.ends_with(".jsonl")) return Format::jsonl;
  fail(Fault::usage, "{}: predictions are written as .npy, .csv, .json or .jsonl", quote_path(path));
}

PredictionFile::PredictionFile(std::string path, std::vector<Result> results,
                               std::vector<std::string> classes, const DataSource& source,
                               const FileSystem& files)
    : path_(std::move(path)),
      format_(format_of(path_)),
      results_(std::move(results)),
      classes_(std::move(classes)),
      source_(source),
      writer_(path_, 0, files) {
  if (format_ != Format::npy || results_.size() == 1) return;
  std::string names;
  for (const Result& result : results_) names += (names.empty() ? "" : ", ") + result.name;
  throw Error(Fault::usage,
              fmt::format("a NumPy file holds one output, and {} would get {}: {}", quote_path(path_),
                          results_.size(), names),
              {}, "Choose one with outputs = …, or write a .csv or .json file.");
}

void PredictionFile::check_rows(const PredictedBatch& batch) const {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const at::Tensor& values = batch.values[i];
    check(values.dim() > 0 && values.size(0) == batch.samples, Fault::usage,
          "'{}' is {} for a batch of {} samples, and only what has one entry a sample can be written",
          results_[i].name, str(shape_of(values.sizes().vec())), batch.samples);
  }
}

std::string PredictionFile::column(const Result& result, const std::string& name) const {
  return results_.size() == 1 ? name : result.name + "." + name;
}

std::string PredictionFile::heading(const PredictedBatch& batch) const {
  std::string line = source_.files.empty() ? "index" : "index,file";
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const Result& result = results_[i];
    if (result.scores != Result::Scores::none) {
      line += "," + csv_cell(column(result, "class")) + "," + csv_cell(column(result, "probability"));
      continue;
    }
    for (const std::string& place : places_in(batch.values[i].sizes().slice(1)))
      line += "," + csv_cell(result.name + place);
  }
  return line + "\n";
}

void PredictionFile::begin(const PredictedBatch& batch) {
  all_ = batch.all;
  if (format_ == Format::json) writer_.write("[");
  if (format_ == Format::csv) writer_.write(heading(batch));
  if (format_ != Format::npy) return;
  std::vector<std::int64_t> shape = batch.values[0].sizes().vec();
  shape[0] = batch.all;
  writer_.write(npy_header_text(dtype_of(batch.values[0].scalar_type()), shape));
}

void PredictionFile::add_array(const PredictedBatch& batch) {
  const at::Tensor held = batch.values[0].contiguous();
  writer_.write(std::span(static_cast<const std::byte*>(held.const_data_ptr()), held.nbytes()));
}

// What stands before an output's entries in each sample's line.
std::vector<std::string> PredictionFile::beginnings(const PredictedBatch& batch) const {
  const bool csv = format_ == Format::csv;
  std::vector<std::string> lines(static_cast<std::size_t>(batch.samples));
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const std::size_t index = static_cast<std::size_t>(batch.first) + row;
    lines[row] = csv ? std::to_string(index) : fmt::format("{{\"index\":{}", index);
    if (source_.files.empty()) continue;
    const std::string& file = source_.files[index];
    lines[row] += csv ? "," + csv_cell(file) : ",\"file\":" + json_text(file);
  }
  return lines;
}

void PredictionFile::add_classes(const Result& result, const at::Tensor& values,
                                 std::vector<std::string>& lines) const {
  const auto rows = likely_classes(values, result.scores, classes_, 1);
  const std::string name = json_text(column(result, "class"));
  const std::string share = json_text(column(result, "probability"));
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const LikelyClass& best = rows[row][0];
    const std::string text =
        std::isfinite(best.probability) ? fmt::format("{:.6g}", best.probability) : std::string();
    if (format_ == Format::csv)
      lines[row] += "," + csv_cell(best.name) + "," + text;
    else
      lines[row] +=
          fmt::format(",{}:{},{}:{}", name, json_text(best.name), share, text.empty() ? "null" : text);
  }
}

void PredictionFile::add_numbers(const Result& result, const at::Tensor& values,
                                 std::vector<std::string>& lines) const {
  const bool csv = format_ == Format::csv;
  const std::vector<std::string> texts = texts_of(values, !csv);
  const at::IntArrayRef sizes = values.sizes().slice(1);
  const auto count = static_cast<std::size_t>(c10::multiply_integers(sizes));
  std::size_t next = 0;
  for (std::string& line : lines) {
    if (!csv) line += "," + json_text(result.name) + ":" + nested(texts, sizes, next);
    for (std::size_t k = 0; csv && k < count; ++k) line += "," + texts[next++];
  }
}

void PredictionFile::add_rows(const PredictedBatch& batch) {
  std::vector<std::string> lines = beginnings(batch);
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const bool classifies = results_[i].scores != Result::Scores::none;
    classifies ? add_classes(results_[i], batch.values[i], lines)
               : add_numbers(results_[i], batch.values[i], lines);
  }
  const std::string end = format_ == Format::csv ? "\n" : format_ == Format::json ? "}" : "}\n";
  for (std::size_t row = 0; row < lines.size(); ++row) {
    if (format_ == Format::json) writer_.write(batch.first > 0 || row > 0 ? ",\n" : "\n");
    writer_.write(lines[row] + end);
  }
}

void PredictionFile::add(const PredictedBatch& batch) {
  check_rows(batch);
  if (samples_ == 0) begin(batch);
  samples_ += batch.samples;
  format_ == Format::npy ? add_array(batch) : add_rows(batch);
}

void PredictionFile::commit() {
  check(samples_ == all_, Fault::run, "the data gave {} samples, and said that they have {}", samples_, all_);
  if (format_ == Format::json) writer_.write("\n]\n");
  writer_.commit();
}

}  // namespace orrery
