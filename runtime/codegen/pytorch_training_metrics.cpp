#include "runtime/codegen/pytorch_training_metrics.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_training_text.h"

namespace orrery {
namespace {

// torchmetrics' classes that count right and wrong classes, behind `Binary` and `Multiclass`.
const std::map<std::string, std::string, std::less<>> kOfClasses = {{"accuracy", "Accuracy"},
                                                                    {"precision", "Precision"},
                                                                    {"recall", "Recall"},
                                                                    {"f1_score", "F1Score"},
                                                                    {"confusion_matrix", "ConfusionMatrix"},
                                                                    {"auroc", "AUROC"}};

// Its other classes, and the modules that they are in.
const std::map<std::string, std::pair<std::string, std::string>, std::less<>> kOthers = {
    {"mean_squared_error", {"torchmetrics", "MeanSquaredError"}},
    {"r2_score", {"torchmetrics", "R2Score"}},
    {"perplexity", {"torchmetrics.text", "Perplexity"}},
    {"peak_signal_noise_ratio", {"torchmetrics.image", "PeakSignalNoiseRatio"}},
    {"structural_similarity_index_measure", {"torchmetrics.image", "StructuralSimilarityIndexMeasure"}}};

bool counts_all(const Metric& metric) {
  return metric.kind->name == "accuracy" && !metric.binary && metric.options.text("average") == "micro" &&
         !metric.options.has("ignore_index");
}

std::string share_of_hits(const Metric& metric, const std::string& scores, const std::string& labels) {
  const std::int64_t top = metric.options.integer("top_k");
  if (top == 1) return fmt::format("({}.argmax(1) == {}).float().mean()", scores, labels);
  return fmt::format("({}.topk({}, 1).indices == {}[:, None]).any(1).float().mean()", scores, top, labels);
}

// torchmetrics' own defaults are not always Orrery's: these options are always told.
bool is_told(const Attribute& attribute, const Metric& metric) {
  if (attribute.name == "num_classes") return false;
  if (attribute.name == "average") return !metric.binary;
  return metric.options.at(attribute.name) != attribute.value;
}

std::string made_by_torchmetrics(const Metric& metric, PytorchTraining& script) {
  const std::string& kind = metric.kind->name;
  std::string module = "torchmetrics.classification", callee;
  std::vector<std::string> words;
  if (const auto of_classes = kOfClasses.find(kind); of_classes != kOfClasses.end()) {
    callee = (metric.binary ? "Binary" : "Multiclass") + of_classes->second;
    if (!metric.binary) words.push_back(fmt::format("num_classes={}", metric.classes));
  } else {
    std::tie(module, callee) = kOthers.at(kind);
  }
  for (const Attribute& attribute : metric.kind->attributes)
    if (is_told(attribute, metric))
      words.push_back(
          fmt::format("{}={}", attribute.name, python_list_value(metric.options.at(attribute.name))));
  script.imports.insert(fmt::format("from {} import {}", module, callee));
  return fmt::format("{}({})", callee, fmt::join(words, ", "));
}

}  // namespace

PytorchMetric pytorch_metric(const Metric& metric, const std::function<std::string(const Value&)>& name,
                             PytorchTraining& script) {
  std::vector<std::string> values;
  for (const Value& value : metric.values) values.push_back(name(value));
  const std::string& kind = metric.kind->name;
  const std::string all = fmt::format("{}", fmt::join(values, ", "));
  if (counts_all(metric)) return {share_of_hits(metric, values[0], values[1]), {}, {}};
  if (kind == "mean") return {metric.values[0].shape().empty() ? all : all + ".mean()", {}, {}};
  if (kind == "mean_absolute_error") return {fmt::format("nn.functional.l1_loss({})", all), {}, {}};
  if (kind == "mean_squared_error" && metric.options.boolean("squared"))
    return {fmt::format("nn.functional.mse_loss({})", all), {}, {}};
  if (kind != "define") return {{}, made_by_torchmetrics(metric, script), all};
  const std::string function = python_name(metric.name) + "_of_batch";
  const std::string reason = fmt::format("{}: a metric that is a function of the script", metric.name);
  script.code += python_hook(fmt::format("{}({})", function, all), {reason});
  script.gaps.push_back(reason);
  return {fmt::format("{}({})", function, all), {}, {}};
}

}  // namespace orrery
