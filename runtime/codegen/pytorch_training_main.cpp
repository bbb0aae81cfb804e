// The program of a training script.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/codegen/pytorch_training_loop.h"
#include "runtime/codegen/pytorch_training_text.h"

namespace orrery {
namespace {

class MainWriter {
 public:
  MainWriter(const PytorchLoop& loop, PytorchTraining& script)
      : loop_(loop),
        script_(script),
        stopping_(loop.manager.group("early_stopping")),
        checkpoint_(loop.manager.group("checkpoint")) {}

  std::string write() {
    const std::vector<std::string> gaps = pytorch_loop_gaps(loop_);
    for (const std::string& gap : gaps) script_.gaps.push_back("main: " + gap);
    if (!gaps.empty())
      body_.add(1, fmt::format("raise NotImplementedError({})",
                               python_text(fmt::format("{}", fmt::join(gaps, "; ")))));
    add_arguments();
    add_seeds();
    add_model();
    add_governors();
    add_resuming();
    add_loaders();
    body_.add(1, "for epoch in range(progress[\"epoch\"] + 1, args.epochs + 1):");
    add_epoch();
    for (const auto& saver : loop_.manager.parts().savers)
      if (saver->when() == Saver::When::end) body_.add(1, saving(*saver));
    return python_function("main()", "", body_) + "\n\nif __name__ == \"__main__\":\n    main()\n";
  }

 private:
  const Attributes& options() const { return loop_.options(); }
  bool has_judge() const { return loop_.judge.has_value(); }

  void add_arguments() {
    const std::string what = python_text(fmt::format("Trains {}.", loop_.graph.name()));
    body_.add(1, fmt::format("parser = argparse.ArgumentParser(description={})", what));
    body_.add(1, fmt::format("parser.add_argument(\"--epochs\", type=int, default={})",
                             options().integer("epochs")));
    body_.add(1, fmt::format("parser.add_argument(\"--seed\", type=int, default={})",
                             options().has("seed") ? options().integer("seed") : 0));
    body_.add(1, "parser.add_argument(\"--resume\", metavar=\"FILE\", help=\"a checkpoint to go on from\")");
    body_.add(1, "args = parser.parse_args()");
  }

  void add_seeds() {
    body_.add(1, "torch.manual_seed(args.seed)");
    if (options().has("threads"))
      body_.add(1, fmt::format("torch.set_num_threads({})", options().integer("threads")));
    if (options().is_text("deterministic") || options().boolean("deterministic"))
      body_.add(1, fmt::format("torch.use_deterministic_algorithms(True{})",
                               options().is_text("deterministic") ? ", warn_only=True" : ""));
    if (options().boolean("detect_nan")) body_.add(1, "torch.autograd.set_detect_anomaly(True)");
  }

  void add_model() {
    const std::string& device = options().text("device");
    body_.add(1, device == "auto"
                     ? "device = torch.device(\"cuda\" if torch.cuda.is_available() else \"cpu\")"
                     : fmt::format("device = torch.device({})", python_text(device)));
    const auto dtype = true_dtype(options().text("precision"));
    const std::string to = dtype ? fmt::format("(device, torch.{})", name(*dtype)) : "(device)";
    body_.add(1, fmt::format("model = {}().to{}", loop_.model.name, to));
    if (has_judge()) body_.add(1, fmt::format("loss_fn = {}().to{}", loop_.judge->name, to));
    for (const std::string& statement : loop_.frozen) body_.add(1, statement);
    if (loop_.has_metrics) body_.add(1, "metrics = make_metrics(device)");
  }

  void add_governors() {
    if (!loop_.several()) {
      body_.add(1, "optimizer = " + loop_.optimizers[0]);
    } else {
      std::vector<std::string> pairs;
      for (std::size_t at = 0; at < loop_.optimizers.size(); ++at)
        pairs.push_back(fmt::format("({}, {})", python_text(loop_.losses[at]), loop_.optimizers[at]));
      body_.add(1, fmt::format("optimizers = [{}]", fmt::join(pairs, ", ")));
    }
    if (loop_.schedules.size() == 1) body_.add(1, "scheduler = " + loop_.schedules[0]);
    if (loop_.schedules.size() > 1)
      body_.add(1, fmt::format("schedulers = [{}]", fmt::join(loop_.schedules, ", ")));
    if (options().text("precision") == "16-mixed") body_.add(1, "scaler = torch.amp.GradScaler()");
  }

  // Everything that is trained, or remembers something, by its name in a checkpoint.
  std::vector<std::pair<std::string, std::string>> kept() const {
    std::vector<std::pair<std::string, std::string>> all{{"model", "model"}};
    if (loop_.trains_loss) all.emplace_back("loss_fn", "loss_fn");
    if (!loop_.several()) all.emplace_back("optimizer", "optimizer");
    for (std::size_t at = 0; loop_.several() && at < loop_.optimizers.size(); ++at)
      all.emplace_back(fmt::format("optimizer_{}", at + 1), fmt::format("optimizers[{}][1]", at));
    if (loop_.schedules.size() == 1) all.emplace_back("scheduler", "scheduler");
    for (std::size_t at = 0; loop_.schedules.size() > 1 && at < loop_.schedules.size(); ++at)
      all.emplace_back(fmt::format("scheduler_{}", at + 1), fmt::format("schedulers[{}]", at));
    if (options().text("precision") == "16-mixed") all.emplace_back("scaler", "scaler");
    return all;
  }

  static std::string worst(const PytorchLoop::Monitored& monitored) {
    return monitored.larger_is_better ? "float(\"-inf\")" : "float(\"inf\")";
  }

  std::optional<PytorchLoop::Monitored> monitored(const Attributes* group) const {
    return group ? loop_.monitored(*group) : std::nullopt;
  }

  bool saves_best() const {
    return std::ranges::any_of(loop_.manager.parts().savers,
                               [](const auto& saver) { return saver->when() == Saver::When::best; });
  }

  // What is the best for savers, and for checkpoints.
  std::optional<PytorchLoop::Monitored> best() const {
    if (checkpoint_ && checkpoint_->integer("save_top_k") != 0) return monitored(checkpoint_);
    return saves_best() ? loop_.monitored(options()) : std::nullopt;
  }

  void add_resuming() {
    std::vector<std::string> entries{"\"epoch\": 0"};
    if (const auto watched = best()) entries.push_back("\"best\": " + worst(*watched));
    if (const auto watched = monitored(stopping_)) {
      entries.push_back("\"goal\": " + worst(*watched));
      entries.emplace_back("\"waited\": 0");
    }
    body_.add(1, fmt::format("progress = {{{}}}", fmt::join(entries, ", ")));
    body_.add(1, "if args.resume:");
    body_.add(2, "state = torch.load(args.resume, map_location=device)");
    body_.add(2, "progress = state[\"progress\"]");
    for (const auto& [key, object] : kept())
      body_.add(2, fmt::format("{}.load_state_dict(state[{}])", object, python_text(key)));
  }

  void add_loaders() {
    body_.add(1, "training = train_loader()");
    if (loop_.validates) body_.add(1, "validation = validation_loader()");
    if (checkpoint_ && checkpoint_->has("dirpath")) {
      script_.imports.insert("import os");
      body_.add(1, fmt::format("os.makedirs({}, exist_ok=True)", python_text(checkpoint_->text("dirpath"))));
    }
  }

  void add_epoch() {
    std::string words = loop_.callees() + ", training, " + (loop_.several() ? "optimizers" : "optimizer");
    const auto by_updates = [](const ScheduleUse& use) { return use.options.text("interval") == "step"; };
    if (std::ranges::any_of(loop_.manager.parts().schedules, by_updates))
      words += loop_.schedules.size() == 1 ? ", scheduler" : ", schedulers";
    if (options().text("precision") == "16-mixed") words += ", scaler";
    const std::string metrics = loop_.has_metrics ? ", metrics" : "";
    body_.add(2, fmt::format("numbers = train_epoch({}{}, device)", words, metrics));
    const int depth = add_validation(metrics);
    add_following(depth);
    add_schedules();
    body_.add(2, fmt::format("print(f\"epoch {{epoch}}:\", \", \".join({}))", printed()));
    add_checkpoint();
    add_stopping();
  }

  std::string printed() const {
    const char* numbers = loop_.has_lists ? "f\"{name} {value:.4f}\" for name, value in numbers.items() if "
                                            "isinstance(value, float)"
                                          : "f\"{name} {value:.4f}\" for name, value in numbers.items()";
    return numbers;
  }

  // The depth of what happens only where an epoch was validated.
  int add_validation(const std::string& metrics) {
    if (!loop_.validates) return 2;
    const std::int64_t every = options().integer("validate_every");
    const int depth = every > 1 ? 3 : 2;
    if (every > 1) body_.add(2, fmt::format("if epoch % {} == 0 or epoch == args.epochs:", every));
    body_.add(depth, fmt::format("validated = evaluate({}, validation{}, device)", loop_.callees(), metrics));
    body_.add(depth, "numbers |= {f\"val_{name}\": value for name, value in validated.items()}");
    return depth;
  }

  static std::string better(const PytorchLoop::Monitored& watched, const std::string& than, double by) {
    const std::string delta =
        by == 0 ? "" : fmt::format(" {} {}", watched.larger_is_better ? "+" : "-", python_number(by));
    return fmt::format("numbers[{}] {} progress[{}]{}", python_text(watched.name),
                       watched.larger_is_better ? ">" : "<", python_text(than), delta);
  }

  void add_following(int depth) {
    if (const auto watched = best()) {
      body_.add(2, fmt::format("better = {}{}",
                               depth > 2 ? fmt::format("{} in numbers and ", python_text(watched->name)) : "",
                               better(*watched, "best", 0)));
      body_.add(2, "if better:");
      body_.add(3, fmt::format("progress[\"best\"] = numbers[{}]", python_text(watched->name)));
    }
    const auto watched = monitored(stopping_);
    if (!watched) return;
    body_.add(depth, fmt::format("if {}:", better(*watched, "goal", stopping_->real("min_delta"))));
    body_.add(depth + 1, fmt::format("progress[\"goal\"], progress[\"waited\"] = numbers[{}], 0",
                                     python_text(watched->name)));
    body_.add(depth, "else:").add(depth + 1, "progress[\"waited\"] += 1");
  }

  void add_schedules() {
    const auto& uses = loop_.manager.parts().schedules;
    for (std::size_t at = 0; at < uses.size(); ++at) {
      const ScheduleUse& use = uses[at];
      if (use.options.text("interval") == "step") continue;
      const std::string name = uses.size() == 1 ? "scheduler" : fmt::format("schedulers[{}]", at);
      const std::int64_t every = use.options.integer("frequency");
      std::string number;
      if (use.schedule->watches()) {
        const bool named = use.options.has("monitor") || options().has("monitor");
        const auto watched = loop_.monitored(use.options);
        number = named && watched ? watched->name : (loop_.validates ? "val_" : "") + loop_.losses[0];
      }
      std::vector<std::string> conditions;
      if (every > 1) conditions.push_back(fmt::format("epoch % {} == 0", every));
      if (!number.empty() && loop_.validates && options().integer("validate_every") > 1)
        conditions.push_back(python_text(number) + " in numbers");
      if (!conditions.empty()) body_.add(2, fmt::format("if {}:", fmt::join(conditions, " and ")));
      if (!number.empty()) number = fmt::format("numbers[{}]", python_text(number));
      body_.add(conditions.empty() ? 2 : 3, fmt::format("{}.step({})", name, number));
    }
  }

  std::string path_of_checkpoint(const char* which) const {
    const std::string name = python_name(loop_.graph.name());
    if (!checkpoint_ || !checkpoint_->has("dirpath")) return fmt::format("{}_{}.pt", name, which);
    return fmt::format("{}/{}.pt", checkpoint_->text("dirpath"), which);
  }

  std::string saving(const Saver& saver) {
    script_.imports.insert("from safetensors.torch import save_model");
    return fmt::format("save_model(model, {})", python_text(saver.path()));
  }

  void add_checkpoint() {
    body_.add(2, "progress[\"epoch\"] = epoch");
    std::vector<std::string> entries{"\"progress\": progress"};
    for (const auto& [key, object] : kept())
      entries.push_back(fmt::format("{}: {}.state_dict()", python_text(key), object));
    body_.add(2, fmt::format("state = {{{}}}", fmt::join(entries, ", ")));
    const std::int64_t every = checkpoint_ ? checkpoint_->integer("every_n_epochs") : 1;
    if (every > 1) body_.add(2, fmt::format("if epoch % {} == 0 or epoch == args.epochs:", every));
    body_.add(every > 1 ? 3 : 2,
              fmt::format("torch.save(state, {})", python_text(path_of_checkpoint("last"))));
    if (!best()) return;
    body_.add(2, "if better:");
    if (checkpoint_)
      body_.add(3, fmt::format("torch.save(state, {})", python_text(path_of_checkpoint("best"))));
    for (const auto& saver : loop_.manager.parts().savers)
      if (saver->when() == Saver::When::best) body_.add(3, saving(*saver));
  }

  void add_stopping() {
    const auto watched = monitored(stopping_);
    if (!watched) return;
    const std::string number = fmt::format("numbers[{}]", python_text(watched->name));
    const char *good = watched->larger_is_better ? ">=" : "<=", *bad = watched->larger_is_better ? "<" : ">";
    std::vector<std::string> reasons{
        fmt::format("progress[\"waited\"] >= {}", std::max<std::int64_t>(1, stopping_->integer("patience")))};
    if (stopping_->boolean("check_finite")) {
      script_.imports.insert("import math");
      reasons.push_back(fmt::format("not math.isfinite({})", number));
    }
    if (stopping_->has("stopping_threshold"))
      reasons.push_back(
          fmt::format("{} {} {}", number, good, python_number(stopping_->real("stopping_threshold"))));
    if (stopping_->has("divergence_threshold"))
      reasons.push_back(
          fmt::format("{} {} {}", number, bad, python_number(stopping_->real("divergence_threshold"))));
    const bool seldom = loop_.validates && options().integer("validate_every") > 1;
    std::string condition = fmt::format("{}", fmt::join(reasons, " or "));
    if (seldom) condition = fmt::format("{} in numbers and ({})", python_text(watched->name), condition);
    if (reasons.size() > 1 || seldom) {
      body_.add(2, fmt::format("stop = {}", condition));
      condition = "stop";
    }
    body_.add(2, fmt::format("if {}:", condition));
    body_.add(3, fmt::format("print(\"stopped early, by {}\")", watched->name)).add(3, "break");
  }

  const PytorchLoop& loop_;
  PytorchTraining& script_;
  const Attributes* stopping_;
  const Attributes* checkpoint_;
  PythonBody body_;
};

}  // namespace

std::string pytorch_main(const PytorchLoop& loop, PytorchTraining& script) {
  return MainWriter(loop, script).write();
}

}  // namespace orrery
