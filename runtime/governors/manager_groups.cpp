#include "runtime/governors/manager.h"

namespace orrery {
namespace {

Attribute whole(std::string name, AttributeValue value, double min, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc), .value = std::move(value), .min = min};
}

Attribute real(std::string name, double value, std::string doc) {
  return {
      .name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value, .min = 0};
}

Attribute real_or_none(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc)};
}

Attribute flag(std::string name, bool value, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = value};
}

Attribute text(std::string name, AttributeValue value, std::string doc,
               std::vector<std::string> choices = {}) {
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = std::move(value),
          .choices = std::move(choices)};
}

Attribute monitor() {
  return text("monitor", {}, "the metric that is followed, or log:NAME; none: the manager's");
}
Attribute monitor_mode() {
  return text("mode", {}, "whether it shall fall or rise; none: as the manager's", {"min", "max"});
}

Attribute used() {
  return flag("use", true, "validates and saves the averages, which the graph keeps when the run is over");
}

ManagerGroup early_stopping() {
  return {"early_stopping",
          "Ends the run when the monitored number no longer gets better, or is past a threshold.",
          {monitor(), whole("patience", std::int64_t{3}, 0, "validations without a better number in a row"),
           real("min_delta", 0, "what a better number is better by, at least"), monitor_mode(),
           flag("check_finite", true, "ends the run when the number is NaN or infinite"),
           real_or_none("stopping_threshold", "ends the run at a number at least as good; none: at none"),
           real_or_none("divergence_threshold", "ends the run at a number that is worse; none: at none")}};
}

ManagerGroup ema() {
  Attribute decay = real("decay", 0.999, "share of the average that stays at each update");
  decay.max = 1;
  return {"ema",
          "Exponential moving average of the weights, as torch.optim.swa_utils makes it.",
          {decay, whole("update_every_n_steps", std::int64_t{1}, 1, "updates from one average to the next"),
           whole("update_starting_at_step", std::int64_t{0}, 0, "updates before the first"), used()}};
}

ManagerGroup gradient_noise() {
  return {"gradient_noise",
          "Adds normal noise of variance eta / (1 + t)^gamma to the gradients of update t.",
          {real("eta", 0.01, "variance at the first update"),
           real("gamma", 0.55, "how fast the variance falls; 0: not at all")}};
}

ManagerGroup swa() {
  return {"swa",
          "Stochastic weight averaging: the mean of the weights at the ends of the last epochs.",
          {real("start", 0.8, "the first epoch that counts; below 1: a share of all epochs"), used()}};
}

ManagerGroup checkpoint() {
  return {
      "checkpoint",
      "Writes all that a run needs to go on as if it had never stopped.",
      {text("dirpath", {}, "the folder; none: runs/NAME beside the history"),
       text("filename", "epoch={epoch}-step={step}", "of those that are kept: {epoch}, {step}, {val_loss}"),
       whole("every_n_steps", {}, 1, "batches from one to the next; none: at the ends of epochs only"),
       whole("every_n_epochs", std::int64_t{1}, 1, "epochs from one to the next"),
       whole("save_top_k", std::int64_t{1}, -1, "how many of the best are kept; -1: all"),
       flag("save_last", true, "keeps the newest as last, and the one before it as previous"), monitor(),
       monitor_mode()}};
}

Attribute by() { return text("by", "block", "what the numbers are of", {"block", "parameter"}); }

ManagerGroup log_gradients() {
  return {
      "log_gradients",
      "Keeps norm, least, greatest, share of zeros and count of non-finite gradients in the history.",
      {whole("every", std::int64_t{50}, 1, "updates from one look to the next; each epoch's first counts"),
       by()}};
}

ManagerGroup log_weights() {
  return {"log_weights", "Keeps the same numbers of the weights at the end of each epoch.", {by()}};
}

}  // namespace

const std::vector<ManagerGroup>& manager_groups() {
  static const std::vector<ManagerGroup> groups = {
      early_stopping(), ema(), swa(), checkpoint(), log_gradients(), log_weights(), gradient_noise()};
  return groups;
}

}  // namespace orrery
