#include "runtime/governors/manager.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/ranges.h>

#include "runtime/core/device_name.h"
#include "runtime/core/names.h"
#include "runtime/governors/loop_controls.h"
#include "runtime/governors/profile_choice.h"
#include "runtime/graph/plan_passes.h"

namespace orrery {
namespace {

constexpr std::pair<const char*, DType> kTruePrecisions[] = {
    {"64-true", DType::float64}, {"bf16-true", DType::bfloat16}, {"16-true", DType::float16}};

std::vector<Attribute> make_attributes() {
  return {
      {.name = "epochs", .doc = "how often all of the data is seen", .value = std::int64_t{1}, .min = 1},
      {.name = "max_steps", .doc = "the run ends after so many steps; none: no limit", .min = 1},
      {.name = "max_time",
       .type = AttributeType::text,
       .doc = "the run ends after this time: '00:10:00', or '1:00:00:00' with days; none: no limit"},
      {.name = "device",
       .type = AttributeType::text,
       .doc = "'auto' (CUDA where there is one), 'cpu', 'cuda' or 'cuda:N'",
       .value = "auto"},
      {.name = "precision",
       .type = AttributeType::text,
       .doc = "computes as declared; or layers in half the bits with weights in single precision, where "
              "16-mixed scales gradients; or all of the graph, weights and data too, in one dtype (…-true)",
       .value = "32-true",
       .choices = {"32-true", "32", "bf16-mixed", "16-mixed", "64-true", "64", "bf16-true", "16-true"}},
      {.name = "deterministic",
       .type = AttributeType::boolean,
       .doc = "the same numbers in each run also on a GPU; operations that cannot are refused, or told once",
       .value = false,
       .or_text = {"warn"}},
      {.name = "engine",
       .type = AttributeType::text,
       .doc = "who computes gradients: the static plan, which orders the backward pass ahead; LibTorch's "
              "autograd; or the plan wherever it can be had",
       .value = "auto",
       .choices = {"auto", "plan", "autograd"}},
      {.name = "cuda_graphs",
       .type = AttributeType::boolean,
       .doc = "whether whole steps are captured as CUDA graphs and replayed; 'auto': where it can be had",
       .value = "auto",
       .or_text = {"auto"}},
      {.name = "skip_passes",
       .type = AttributeType::text,
       .doc = "passes over the plan that are left out, as orrery explain names them",
       .choices = plan_pass_names(),
       .several = true},
      {.name = "threads",
       .doc = "CPU threads for computing; none: the fastest number, as tried before the first step",
       .min = 1},
      {.name = "seed", .doc = "of shuffling and dropout; none: the script's", .min = 0},
      {.name = "profile",
       .type = AttributeType::text,
       .doc =
           "what to measure: off; time and memory of each block; of each node, too; step, or step:100-120: "
           "also each piece of a window of steps; kernel: also the ATen calls of each node",
       .value = "block"},
      {.name = "name", .type = AttributeType::text, .doc = "of the run in the history; none: made up"},
      {.name = "history",
       .type = AttributeType::text,
       .doc = "the SQLite file that keeps the run; false: none",
       .value = "orrery.db",
       .or_false = true},
      {.name = "progress",
       .type = AttributeType::boolean,
       .doc = "reports the progress; none: on a terminal, and when the program runs a script"},
      {.name = "validate_every",
       .doc = "epochs from one validation to the next",
       .value = std::int64_t{1},
       .min = 1},
      {.name = "monitor",
       .type = AttributeType::text,
       .doc = "the metric of the validation that tells the best epoch, or log:NAME, a number of "
              "manager:log; none: the first made that is one number, else the loss"},
      {.name = "detect_nan",
       .type = AttributeType::boolean,
       .doc = "names the first value or gradient that is NaN or infinite; slow",
       .value = false},
      {.name = "mode",
       .type = AttributeType::text,
       .doc = "whether the monitored metric shall fall or rise; none: as it gets better",
       .choices = {"min", "max"}},
      {.name = "accumulate_grad_batches",
       .doc = "batches whose gradients are averaged for one update; an epoch's last update may have fewer",
       .value = std::int64_t{1},
       .min = 1},
      {.name = "gradient_clip_val",
       .type = AttributeType::real,
       .doc = "the most that gradients may be before an update; none or 0: any",
       .min = 0},
      {.name = "gradient_clip_algorithm",
       .type = AttributeType::text,
       .doc = "clips the norm of all gradients of an optimizer together, or each number",
       .value = "norm",
       .choices = {"norm", "value"}},
      {.name = "log_every_n_steps",
       .doc = "batches from one loss, or value of manager:log, that the history keeps to the next; 0: none",
       .value = std::int64_t{50},
       .min = 0},
      {.name = "resume",
       .type = AttributeType::text,
       .doc = "goes on from a checkpoint: 'last', 'best', or its file or folder"}};
}

std::vector<std::string> number_names(const std::vector<Metric>& metrics) {
  std::vector<std::string> names;
  for (const Metric& metric : metrics)
    for (std::string& name : metric.number_names(metric.name)) names.push_back(std::move(name));
  return names;
}

constexpr std::string_view kLoggedMonitor = "log:";

const char* const kMonitorRemedy = "A number of manager:log is monitored as 'log:NAME'.";

// A monitor's value and, where nothing has that name, what it may mean; nothing for one that is known, and
// for one that the run will log.
std::string unknown_monitor(const Manager::Parts& parts, const std::string& monitor) {
  if (logged_monitor(monitor)) return {};
  std::vector<std::string> names = number_names(parts.metrics);
  names.push_back("loss");
  const auto known = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  if (known(monitor)) return {};
  if (parts.validate && monitor.starts_with("val_") && known(monitor.substr(4))) return {};
  return fmt::format("\"{}\"{}", monitor, did_you_mean(monitor, names));
}

void check_monitor(const Manager::Parts& parts, const Attributes& options, const std::string& group,
                   const SourceSite& site) {
  const std::string unknown =
      options.has("monitor") ? unknown_monitor(parts, options.text("monitor")) : std::string();
  if (!unknown.empty())
    throw Error(Fault::usage,
                fmt::format("{}monitor must be 'loss' or the name of a metric, got {}", group, unknown), site,
                kMonitorRemedy);
}

void check_options(const Manager::Parts& parts, const Attributes& options, const SourceSite& site) {
  const std::string& device = options.text("device");
  if (!is_device_name(device))
    throw Error(Fault::usage,
                fmt::format("device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got \"{}\"", device), site);
  if (options.has("max_time") && !seconds_of_time(options.text("max_time")))
    throw Error(Fault::usage,
                fmt::format("max_time must be a time as HH:MM:SS or DD:HH:MM:SS, above 0, got \"{}\"",
                            options.text("max_time")),
                site);
  if (!profile_choice(options.text("profile")))
    throw Error(
        Fault::usage,
        fmt::format("profile must be 'off', 'block', 'node', 'step', 'step:FIRST-LAST' or 'kernel', got "
                    "\"{}\"",
                    options.text("profile")),
        site,
        fmt::format("Steps count from 1 over the whole run, and a window has {} at the most: "
                    "step:100-120.",
                    ProfileChoice::kMostSteps));
  if (options.text("precision") == "16-mixed" && options.boolean("detect_nan"))
    throw Error(Fault::usage,
                "detect_nan would stop at gradients that 16-mixed scales too far, and leaves out by itself",
                site, "Look for them with precision = \"bf16-mixed\".");
  check_monitor(parts, options, "", site);
  check_loop_options(options, site);
}

void check_groups(const Manager::Parts& parts, const Manager::Groups& groups, const SourceSite& site) {
  for (const auto& [name, options] : groups) {
    const bool monitors =
        std::ranges::any_of(options.entries(), [](const auto& entry) { return entry.name == "monitor"; });
    if (monitors) check_monitor(parts, options, name + ": ", site);
  }
  if (groups.contains("ema") && groups.contains("swa"))
    throw Error(Fault::usage, "both ema and swa are given: the averages would be of one set of weights",
                site);
  if (groups.contains("gradient_noise"))
    for (const auto& optimizer : parts.optimizers)
      if (optimizer->optimizer().evaluates)
        throw Error(Fault::usage,
                    optimizer->kind() + " compares losses and gradients, which gradient_noise would change",
                    optimizer->origin().site, "Leave gradient_noise out, or take another optimizer.");
  const auto checkpoint = groups.find("checkpoint");
  if (checkpoint != groups.end() && checkpoint->second.text("filename").find('/') != std::string::npos)
    throw Error(Fault::usage,
                fmt::format("checkpoint: filename is a name without folders, got \"{}\"",
                            checkpoint->second.text("filename")),
                site, "Give the folder as dirpath.");
}

void check_schedule(const Manager::Parts& parts, const ScheduleUse& use, const SourceSite& site) {
  const Schedule& schedule = *use.schedule;
  const auto refuse = [&](const std::string& why, const std::string& remedy) {
    throw Error(Fault::usage, fmt::format("schedule {} {}", schedule.kind(), why), site, remedy);
  };
  if (std::ranges::find(parts.optimizers, schedule.optimizer()) == parts.optimizers.end())
    refuse("belongs to an optimizer that the manager does not have", "Give the manager both.");
  const bool monitors = use.options.has("monitor");
  if (monitors && !schedule.watches())
    refuse("watches no number, and has a monitor", "A monitor is for ReduceLROnPlateau.");
  if (schedule.watches() && use.options.text("interval") == "step")
    refuse("watches a number of each epoch, and has interval = \"step\"", "Leave the interval out.");
  const std::string unknown = monitors ? unknown_monitor(parts, use.options.text("monitor")) : std::string();
  if (!unknown.empty())
    refuse("expects a monitor that is 'loss' or the name of a metric, got " + unknown, kMonitorRemedy);
}

// What results call numbers of their own.
bool is_reserved(const std::string& name) {
  const auto& words = reserved_metric_names();
  return std::find(words.begin(), words.end(), name) != words.end();
}

void check_names(const std::vector<Metric>& metrics, const SourceSite& site) {
  for (const Metric& metric : metrics) {
    if (!is_reserved(metric.name)) continue;
    throw Error(Fault::usage,
                fmt::format("a metric cannot be called '{}': {} are reserved for the run's own numbers",
                            metric.name, fmt::join(reserved_metric_names(), ", ")),
                metric.origin.site.known() ? metric.origin.site : site,
                fmt::format("Give it another name: metrics = {{ my_{} = … }}.", metric.name));
  }
  std::set<std::string> taken;
  for (const std::string& name : number_names(metrics))
    if (!taken.insert(name).second)
      throw Error(Fault::usage, fmt::format("two metrics are called '{}'", name), site);
}

}  // namespace

std::optional<DType> true_dtype(const std::string& precision) {
  for (const auto& [word, dtype] : kTruePrecisions)
    if (precision == word || (precision == "64" && dtype == DType::float64)) return dtype;
  return std::nullopt;
}

std::string true_precision(DType dtype) {
  for (const auto& [word, each] : kTruePrecisions)
    if (each == dtype) return word;
  return "32-true";
}

std::optional<std::int64_t> seconds_of_time(const std::string& time) {
  static constexpr std::int64_t kMost[] = {0, 24, 60, 60};  // of the parts behind the first
  static constexpr std::int64_t kSeconds[] = {86400, 3600, 60, 1};
  std::vector<std::string> parts(1);
  for (const char letter : time) {
    if (letter == ':')
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  std::int64_t seconds = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    const size_t unit = i + 4 - parts.size();
    if (part.empty() || part.size() > 5 ||
        !std::ranges::all_of(part, [](unsigned char c) { return std::isdigit(c); }))
      return std::nullopt;
    const std::int64_t number = std::stoll(part);
    if (number >= kMost[unit] && i > 0) return std::nullopt;
    seconds += number * kSeconds[unit];
  }
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

const std::vector<Attribute>& manager_attributes() {
  static const std::vector<Attribute> attributes = [] {
    std::vector<Attribute> all = make_attributes();
    for (Attribute& attribute : loop_attributes()) all.push_back(std::move(attribute));
    return all;
  }();
  return attributes;
}

const std::vector<Attribute>& schedule_use_attributes() {
  static const std::vector<Attribute> attributes = {
      {.name = "interval",
       .type = AttributeType::text,
       .doc = "what counts as a step of the schedule",
       .value = "epoch",
       .choices = {"epoch", "step"}},
      {.name = "frequency",
       .doc = "epochs, or updates, from one step to the next",
       .value = std::int64_t{1},
       .min = 1},
      {.name = "monitor",
       .type = AttributeType::text,
       .doc = "what ReduceLROnPlateau watches: a metric, or loss; of the validation where there is one; or "
              "log:NAME; none: what the manager monitors, else the loss"}};
  return attributes;
}

std::optional<std::string> logged_monitor(const std::string& monitor) {
  if (!monitor.starts_with(kLoggedMonitor) || monitor.size() == kLoggedMonitor.size()) return std::nullopt;
  return monitor.substr(kLoggedMonitor.size());
}

const std::vector<std::string>& reserved_metric_names() {
  static const std::vector<std::string> names = {"loss", "samples", "seconds"};
  return names;
}

Manager::Manager(Parts parts, Attributes options, Origin origin, Groups groups)
    : Governor(std::move(origin)),
      parts_(std::move(parts)),
      options_(std::move(options)),
      groups_(std::move(groups)),
      turns_(turns_of(parts_.optimizers, parts_.frequencies, this->origin().site)) {
  check_options(parts_, options_, this->origin().site);
  check_groups(parts_, groups_, this->origin().site);
  check_names(parts_.metrics, this->origin().site);
  for (const ScheduleUse& use : parts_.schedules) check_schedule(parts_, use, this->origin().site);
  if (options_.integer("fast_dev_run") > 0) try_out();
}

void Manager::prepare(Graph& graph) const {
  const std::string& precision = options_.text("precision");
  const std::optional<DType> dtype = true_dtype(precision);
  if (!dtype) return;
  try {
    graph.convert(*dtype, origin());
  } catch (const CheckError& error) {
    std::vector<Finding> findings = error.findings();
    std::string& remedy = findings.front().remedy;
    remedy += fmt::format(
        "{}precision = \"{}\" converts what the graph holds, and nothing back that it converts "
        "itself.",
        remedy.empty() ? "" : " ", precision);
    throw CheckError(std::move(findings));
  }
}

void Manager::try_out() {
  shorten_to_fast_dev_run(options_);
  parts_.savers.clear();
  for (const char* group : {"early_stopping", "checkpoint"}) groups_.erase(group);
}

const Attributes* Manager::group(const std::string& name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

}  // namespace orrery
