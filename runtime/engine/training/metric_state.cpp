#include "runtime/engine/training/metric_state.h"

#include <functional>
#include <map>

#include "runtime/engine/training/metric_batches.h"
#include "runtime/engine/training/metric_counts.h"
#include "runtime/engine/training/metric_curve.h"
#include "runtime/engine/training/metric_sum.h"
#include "runtime/engine/training/metric_variance.h"

namespace orrery {
namespace {

using MakeState = std::function<std::shared_ptr<MetricState>(const Metric& metric)>;

template <class State>
std::shared_ptr<MetricState> made(const Metric& metric) {
  return std::make_shared<State>(metric);
}

MakeState mean_of(MetricSum::OfBatch of_batch, MetricSum::OfMean of_mean = nullptr) {
  return [=](const Metric& metric) { return std::make_shared<MetricSum>(metric, of_batch, of_mean); };
}

// Over all samples alike, each wrong class is one that was missed: precision, recall and F1 are the accuracy.
std::shared_ptr<MetricState> counted(const Metric& metric) {
  const bool alike =
      metric.binary ? metric.kind->name == "accuracy" : metric.options.text("average") == "micro";
  return alike ? mean_of(hits_of_batch)(metric) : made<MetricCounts>(metric);
}

const std::map<std::string, MakeState>& states_of_kinds() {
  static const std::map<std::string, MakeState> states = {
      {"accuracy", counted},
      {"precision", counted},
      {"recall", counted},
      {"f1_score", counted},
      {"confusion_matrix", made<MetricCounts>},
      {"auroc", made<MetricCurve>},
      {"mean", mean_of(mean_of_batch)},
      {"mean_squared_error", mean_of(squares_of_batch, root_unless_squared)},
      {"mean_absolute_error", mean_of(distances_of_batch)},
      {"r2_score", made<MetricVariance>},
      {"perplexity", mean_of(surprise_of_batch, power_of_e)},
      {"peak_signal_noise_ratio",
       [](const Metric& metric) {
         const bool each = metric.options.has("dim");
         return each ? mean_of(noise_ratios_of_batch)(metric)
                     : mean_of(squares_of_batch, noise_ratio)(metric);
       }},
      {"structural_similarity_index_measure", mean_of(similarities_of_batch)},
      {"define", [](const Metric& metric) { return metric.own->state(metric); }}};
  return states;
}

}  // namespace

std::shared_ptr<MetricState> metric_state(const Metric& metric) {
  const auto found = states_of_kinds().find(metric.kind->name);
  invariant(found != states_of_kinds().end(), "a kind of metric is not computed by the engine");
  return found->second(metric);
}

}  // namespace orrery
