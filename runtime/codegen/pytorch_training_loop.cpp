#include "runtime/codegen/pytorch_training_loop.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_training_text.h"

namespace orrery {
namespace {

bool is_given(const Attributes& options, const char* name, const AttributeValue& usual = {}) {
  return options.at(name) != usual;
}

bool clips(const PytorchLoop& loop) {
  return loop.options().has("gradient_clip_val") && loop.options().real("gradient_clip_val") > 0;
}

bool steps_by_updates(const ScheduleUse& use) { return use.options.text("interval") == "step"; }

bool has_step_schedules(const PytorchLoop& loop) {
  return std::ranges::any_of(loop.manager.parts().schedules, steps_by_updates);
}

bool scales(const PytorchLoop& loop) { return loop.options().text("precision") == "16-mixed"; }

// `scheduler`, or one of several.
std::string scheduler_name(const PytorchLoop& loop, std::size_t at) {
  return loop.schedules.size() == 1 ? "scheduler" : fmt::format("schedulers[{}]", at);
}

std::string moved_batch(const PytorchLoop& loop) {
  const auto dtype = true_dtype(loop.options().text("precision"));
  if (!dtype) return "batch = [field.to(device) for field in batch]";
  return fmt::format(
      "batch = [field.to(device, torch.{}) if field.is_floating_point() else field.to(device) "
      "for field in batch]",
      name(*dtype));
}

// How many batches a limit lets an epoch have; empty: all.
std::string limit_of(const PytorchLoop& loop, const char* limit) {
  const Attributes& options = loop.options();
  const char* option = options.has("overfit_batches") ? "overfit_batches" : limit;
  if (!options.has(option)) return {};
  if (options.is_integer(option)) return fmt::format("min({}, len(loader))", options.integer(option));
  return fmt::format("int({} * len(loader))", python_number(options.real(option)));
}

// The loop over batches, each with its number where that is `counted`.
void add_loop(const PytorchLoop& loop, const char* limit, bool counted, PythonBody& body,
              PytorchTraining& script) {
  const std::string most = limit_of(loop, limit);
  if (!most.empty()) script.imports.insert("from itertools import islice");
  if (!most.empty() || counted) body.add(1, "batches = " + (most.empty() ? "len(loader)" : most));
  const std::string all = most.empty() ? "loader" : "islice(loader, batches)";
  body.add(1, counted ? fmt::format("for index, batch in enumerate({}, 1):", all)
                      : fmt::format("for batch in {}:", all));
}

void add_compute(const PytorchLoop& loop, PythonBody& body) {
  const std::string& precision = loop.options().text("precision");
  const std::string call =
      fmt::format("numbers = compute({}, batch{})", loop.callees(), loop.has_metrics ? ", metrics" : "");
  body.add(2, moved_batch(loop));
  if (!precision.ends_with("-mixed")) {
    body.add(2, call);
    return;
  }
  body.add(2, fmt::format("with torch.autocast(device.type, dtype=torch.{}):",
                          precision == "bf16-mixed" ? "bfloat16" : "float16"));
  body.add(3, call);
}

void add_clipping(const PytorchLoop& loop, PythonBody& body, int depth, const std::string& parameters) {
  if (!clips(loop)) return;
  const std::string most = python_number(loop.options().real("gradient_clip_val"));
  const bool by_value = loop.options().text("gradient_clip_algorithm") == "value";
  body.add(depth,
           fmt::format("nn.utils.clip_grad_{}_({}, {})", by_value ? "value" : "norm", parameters, most));
}

void add_update(const PytorchLoop& loop, PythonBody& body, int depth) {
  const std::string parameters = loop.parameters[0].empty() ? "parameters_of(optimizer)" : loop.parameters[0];
  if (scales(loop) && clips(loop)) body.add(depth, "scaler.unscale_(optimizer)");
  add_clipping(loop, body, depth, parameters);
  if (scales(loop))
    body.add(depth, "scaler.step(optimizer)").add(depth, "scaler.update()");
  else
    body.add(depth, "optimizer.step()");
  body.add(depth, "optimizer.zero_grad()");
}

// Each optimizer has the gradients of its own loss, all of them before the first update.
void add_updates_of_several(const PytorchLoop& loop, PythonBody& body) {
  body.add(2, "for name, optimizer in optimizers:")
      .add(3, "numbers[name].backward(inputs=parameters_of(optimizer), retain_graph=True)")
      .add(2, "for name, optimizer in optimizers:");
  add_clipping(loop, body, 3, "parameters_of(optimizer)");
  body.add(3, "optimizer.step()").add(3, "optimizer.zero_grad()");
}

void add_step_schedules(const PytorchLoop& loop, PythonBody& body, int depth) {
  const auto& uses = loop.manager.parts().schedules;
  for (std::size_t at = 0; at < uses.size(); ++at)
    if (steps_by_updates(uses[at])) body.add(depth, scheduler_name(loop, at) + ".step()");
}

void add_training_step(const PytorchLoop& loop, PythonBody& body) {
  const std::int64_t several = loop.options().integer("accumulate_grad_batches");
  if (loop.several()) {
    add_updates_of_several(loop, body);
    return add_step_schedules(loop, body, 2);
  }
  std::string loss = "numbers[\"loss\"]";
  if (several > 1) loss = fmt::format("({} / {})", loss, several);
  body.add(2, scales(loop) ? fmt::format("scaler.scale({}).backward()", loss) : loss + ".backward()");
  if (several > 1) body.add(2, fmt::format("if index % {} == 0 or index == batches:", several));
  add_update(loop, body, several > 1 ? 3 : 2);
  add_step_schedules(loop, body, several > 1 ? 3 : 2);
}

void add_values(const PytorchLoop& loop, PythonBody& body) {
  if (!loop.has_metrics) {
    body.add(1, "return means.values()");
    return;
  }
  body.add(1, "numbers = means.values()")
      .add(1, "for name, metric in metrics.items():")
      .add(2, "numbers[name] = metric.compute().tolist()")
      .add(2, "metric.reset()")
      .add(1, "return numbers");
}

std::string parameters_of() {
  PythonBody body;
  body.add(1, "return [weight for group in optimizer.param_groups for weight in group[\"params\"]]");
  return python_function("parameters_of(optimizer)", "", body);
}

std::string metrics_argument(const PytorchLoop& loop) { return loop.has_metrics ? ", metrics" : ""; }

std::string training_arguments(const PytorchLoop& loop) {
  std::string words = loop.callees() + ", loader, " + (loop.several() ? "optimizers" : "optimizer");
  if (has_step_schedules(loop)) words += loop.schedules.size() == 1 ? ", scheduler" : ", schedulers";
  if (scales(loop)) words += ", scaler";
  return words + metrics_argument(loop) + ", device";
}

std::string train_epoch(const PytorchLoop& loop, PytorchTraining& script) {
  const bool counts = loop.options().integer("accumulate_grad_batches") > 1;
  PythonBody body;
  body.add(1, "model.train()").add(1, "means = Means()");
  add_loop(loop, "limit_train_batches", counts, body, script);
  add_compute(loop, body);
  add_training_step(loop, body);
  body.add(2, "means.add(numbers, len(batch[0]))");
  add_values(loop, body);
  return python_function(fmt::format("train_epoch({})", training_arguments(loop)),
                         "Trains on every batch once; gives the epoch's numbers.", body);
}

std::string evaluate(const PytorchLoop& loop, PytorchTraining& script) {
  PythonBody body;
  body.add(1, "model.eval()").add(1, "means = Means()");
  add_loop(loop, "limit_val_batches", false, body, script);
  add_compute(loop, body);
  body.add(2, "means.add(numbers, len(batch[0]))");
  add_values(loop, body);
  std::string text = python_function(
      fmt::format("evaluate({}, loader{}, device)", loop.callees(), metrics_argument(loop)), "", body);
  return text.insert(2, "@torch.no_grad()\n");
}

}  // namespace

std::string PytorchLoop::callees() const { return judge ? "model, loss_fn" : "model"; }

std::optional<PytorchLoop::Monitored> PytorchLoop::monitored(const Attributes& given) const {
  const auto tells = [](const Attributes& of, const std::string& option) {
    return std::ranges::count(of.entries(), option, &Attributes::Entry::name) > 0 && of.has(option);
  };
  const Attributes& named = tells(given, "monitor") ? given : options();
  const Attributes& directed = tells(given, "mode") ? given : named;
  std::string wanted = tells(named, "monitor") ? named.text("monitor") : "";
  if (logged_monitor(wanted)) return std::nullopt;
  const auto& metrics = manager.parts().metrics;
  const auto find = [&](const std::string& name) {
    return std::ranges::find_if(metrics, [&](const Metric& metric) {
      return name.empty() ? metric.number_names("x").size() == 1 : metric.name == name;
    });
  };
  auto found = find(wanted);
  if (found == metrics.end() && wanted.starts_with("val_")) found = find(wanted = wanted.substr(4));
  const std::string name = found == metrics.end() ? losses[0] : found->name;
  bool larger = found != metrics.end() && found->larger_is_better();
  if (tells(directed, "mode")) larger = directed.text("mode") == "max";
  return Monitored{validates ? "val_" + name : name, larger};
}

std::vector<std::string> pytorch_loop_gaps(const PytorchLoop& loop) {
  std::vector<std::string> gaps;
  const Attributes& options = loop.options();
  const auto add = [&](bool when, const std::string& what) {
    if (when) gaps.push_back(what);
  };
  for (const char* name : {"max_steps", "max_time", "val_check_interval"})
    add(is_given(options, name), fmt::format("{} of the manager", name));
  for (const char* name : {"ema", "swa", "gradient_noise"})
    add(loop.manager.group(name) != nullptr, fmt::format("{} of the manager", name));
  add(loop.manager.turns().taken(), "optimizers that take turns");
  add(loop.several() && options.integer("accumulate_grad_batches") > 1,
      "batches whose gradients several "
      "optimizers gather");
  add(loop.several() && scales(loop), "16-mixed with several optimizers");
  for (const auto& optimizer : loop.manager.parts().optimizers)
    add(optimizer->optimizer().evaluates,
        optimizer->kind() + ", which asks for the loss several times in a step");
  for (const ScheduleUse& use : loop.manager.parts().schedules)
    add(steps_by_updates(use) && use.options.integer("frequency") > 1,
        use.schedule->kind() + ", stepped after several updates");
  for (const char* name : {"early_stopping", "checkpoint"}) {
    const Attributes* group = loop.manager.group(name);
    add(group && !loop.monitored(*group), fmt::format("{} by a number of manager:log", name));
  }
  for (const auto& saver : loop.manager.parts().savers)
    add(!saver->writes_graph() || saver->processes() || saver->format() != Saver::Format::safetensors ||
            saver->options().has("every"),
        fmt::format("the saver of {}", saver->path()));
  return gaps;
}

std::string pytorch_epochs(const PytorchLoop& loop, PytorchTraining& script) {
  const bool by_optimizer = clips(loop) && loop.parameters[0].empty();
  std::string text = loop.several() || by_optimizer ? parameters_of() : "";
  text += train_epoch(loop, script);
  return loop.validates ? text + evaluate(loop, script) : text;
}

}  // namespace orrery
