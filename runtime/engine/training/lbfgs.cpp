#include "runtime/engine/training/lbfgs.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/names.h"
#include "runtime/engine/training/line_search.h"

namespace orrery {
namespace {

double largest(const at::Tensor& vector) { return vector.abs().max().item<double>(); }
double product(const at::Tensor& a, const at::Tensor& b) { return a.dot(b).item<double>(); }

std::int64_t most_evaluations(const Attributes& options) {
  return options.has("max_eval") ? options.integer("max_eval") : options.integer("max_iter") * 5 / 4;
}

// Parts of the state as tensors, and back; vectors are shaped as `like`.

at::Tensor written(const at::Tensor& vector, const at::Tensor&) { return vector; }
at::Tensor written(const std::vector<at::Tensor>& list, const at::Tensor& like) {
  return list.empty() ? at::empty({0, like.numel()}, like.options()) : at::stack(list);
}
at::Tensor written(const std::vector<double>& numbers, const at::Tensor&) {
  return at::tensor(numbers, at::kDouble);
}
at::Tensor written(double number, const at::Tensor&) { return at::scalar_tensor(number, at::kDouble); }
at::Tensor written(std::int64_t number, const at::Tensor&) { return at::scalar_tensor(number, at::kLong); }

void check_shape(const Updater::State& entry, bool fits, const std::string& expected) {
  check(fits, Fault::input_file, "the optimizer's state '{}' has {} elements, expected {}", entry.key,
        entry.tensor.numel(), expected);
}

void read(at::Tensor& vector, const Updater::State& entry, const at::Tensor& like) {
  check_shape(entry, entry.tensor.sizes() == like.sizes(), fmt::format("{}", like.numel()));
  vector = entry.tensor.to(like.options(), false, true);
}

void read(std::vector<at::Tensor>& list, const Updater::State& entry, const at::Tensor& like) {
  check_shape(entry, entry.tensor.dim() == 2 && entry.tensor.size(1) == like.numel(),
              fmt::format("{} for each entry", like.numel()));
  list = entry.tensor.to(like.options(), false, true).unbind();
}

void read(std::vector<double>& numbers, const Updater::State& entry, const at::Tensor&) {
  check_shape(entry, entry.tensor.dim() == 1, "a list");
  const at::Tensor values = entry.tensor.to(at::kCPU, at::kDouble).contiguous();
  numbers.assign(values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
}

void read(double& number, const Updater::State& entry, const at::Tensor&) {
  check_shape(entry, entry.tensor.numel() == 1, "one");
  number = entry.tensor.item<double>();
}

void read(std::int64_t& number, const Updater::State& entry, const at::Tensor&) {
  check_shape(entry, entry.tensor.numel() == 1, "one");
  number = entry.tensor.item<std::int64_t>();
}

}  // namespace

void Lbfgs::update(const Attributes&, Lists&) const {
  invariant(false, "LBFGS has no update without evaluations");
}

at::Tensor Lbfgs::flat(const std::vector<at::Tensor>& gradients) const {
  std::vector<at::Tensor> parts;
  for (size_t i = 0; i < parameters().size(); ++i)
    parts.push_back(gradients[i].defined() ? gradients[i].reshape(-1)
                                           : at::zeros({parameters()[i].numel()}, parameters()[i].options()));
  return at::cat(parts);
}

void Lbfgs::move(double length, const at::Tensor& direction) const {
  std::int64_t begin = 0;
  for (const at::Tensor& parameter : parameters()) {
    parameter.add_(direction.narrow(0, begin, parameter.numel()).view_as(parameter), length);
    begin += parameter.numel();
  }
}

Lbfgs::Point Lbfgs::evaluated(const Evaluate& evaluate) const {
  LossAndGradients evaluation;
  {
    const c10::AutoGradMode recorded(true);
    evaluation = evaluate();
  }
  return {evaluation.loss.item<double>(), flat(evaluation.gradients)};
}

at::Tensor Lbfgs::step_with(const Evaluate& evaluate) {
  const c10::NoGradGuard no_grad;
  const Attributes& options = this->options(0);
  at::Tensor loss;
  Point now = evaluated([&] {
    LossAndGradients first = evaluate();
    loss = first.loss.detach();
    return first;
  });
  std::int64_t evaluations = 1;
  ++evaluations_;
  if (largest(now.gradient) <= options.real("tolerance_grad")) return loss;
  const std::int64_t most = most_evaluations(options);
  for (std::int64_t left = options.integer("max_iter") - 1; left >= 0; --left) {
    begin_iteration(now);
    const double slope = product(now.gradient, direction_);
    if (slope > -options.real("tolerance_change")) break;
    const std::int64_t before = evaluations_;
    now = advanced(evaluate, now, slope, most - evaluations, left > 0);
    evaluations += evaluations_ - before;
    if (left == 0 || evaluations >= most || settled(now)) break;
  }
  return loss;
}

// Where no line is searched, the last point is not evaluated: the next step begins with it.
Lbfgs::Point Lbfgs::advanced(const Evaluate& evaluate, const Point& from, double slope, std::int64_t most,
                             bool evaluated_after) {
  if (options(0).has("line_search_fn")) return searched(evaluate, from, slope, most);
  move(length_, direction_);
  if (!evaluated_after) return from;
  ++evaluations_;
  return evaluated(evaluate);
}

Lbfgs::Point Lbfgs::searched(const Evaluate& evaluate, const Point& from, double slope, std::int64_t most) {
  std::vector<at::Tensor> start;
  for (const at::Tensor& parameter : parameters()) start.push_back(parameter.clone());
  const auto probe = [&](double length) {
    move(length, direction_);
    const Point point = evaluated(evaluate);
    at::_foreach_copy_(parameters(), start);
    return Trial{length, point.loss, product(point.gradient, direction_), point.gradient};
  };
  std::int64_t probes = 0;
  const double narrowest = options(0).real("tolerance_change") / largest(direction_);
  const Trial found =
      strong_wolfe(probe, {0, from.loss, slope, from.gradient}, length_, narrowest, most, probes);
  evaluations_ += probes;
  length_ = found.length;
  move(length_, direction_);
  return {found.loss, found.gradient};
}

bool Lbfgs::settled(const Point& now) const {
  const double change = options(0).real("tolerance_change");
  return largest(now.gradient) <= options(0).real("tolerance_grad") ||
         largest(direction_) * std::abs(length_) <= change || std::abs(now.loss - loss_) < change;
}

void Lbfgs::begin_iteration(const Point& now) {
  const double lr = options(0).real("lr");
  if (++iterations_ == 1) {
    direction_ = now.gradient.neg();
    scale_ = 1;
    length_ = std::min(1.0, 1.0 / now.gradient.abs().sum().item<double>()) * lr;
  } else {
    remember(now.gradient);
    find_direction(now.gradient);
    length_ = lr;
  }
  gradient_ = now.gradient;
  loss_ = now.loss;
}

void Lbfgs::remember(const at::Tensor& gradient) {
  const at::Tensor difference = gradient - gradient_, step = direction_ * length_;
  const double curvature = product(difference, step);
  if (!(curvature > 1e-10)) return;
  while (directions_.size() >= static_cast<size_t>(options(0).integer("history_size"))) {
    directions_.erase(directions_.begin());
    steps_.erase(steps_.begin());
    factors_.erase(factors_.begin());
  }
  directions_.push_back(difference);
  steps_.push_back(step);
  factors_.push_back(1 / curvature);
  scale_ = curvature / product(difference, difference);
}

// The two loops: the inverse Hessian of the history times the gradient.
void Lbfgs::find_direction(const at::Tensor& gradient) {
  at::Tensor result = gradient.neg();
  std::vector<double> shares(directions_.size());
  for (size_t i = directions_.size(); i-- > 0;) {
    shares[i] = product(steps_[i], result) * factors_[i];
    result.add_(directions_[i], -shares[i]);
  }
  result.mul_(scale_);
  for (size_t i = 0; i < directions_.size(); ++i)
    result.add_(steps_[i], shares[i] - product(directions_[i], result) * factors_[i]);
  direction_ = result;
}

// Under PyTorch's names.
template <class Visit>
void Lbfgs::each_part(Visit visit) {
  visit("d", direction_);
  visit("prev_flat_grad", gradient_);
  visit("old_dirs", directions_);
  visit("old_stps", steps_);
  visit("ro", factors_);
  visit("t", length_);
  visit("H_diag", scale_);
  visit("prev_loss", loss_);
  visit("n_iter", iterations_);
  visit("func_evals", evaluations_);
}

std::vector<Updater::State> Lbfgs::state() {
  std::vector<State> state;
  if (iterations_ == 0) return state;
  each_part([&](const char* name, const auto& part) {
    state.push_back({keys().front() + "." + name, written(part, direction_)});
  });
  return state;
}

void Lbfgs::load_state(const std::vector<State>& state) {
  const c10::NoGradGuard no_grad;
  each_part([](const char*, auto& part) { part = std::decay_t<decltype(part)>(); });
  for (const State& entry : state) load(entry);
  const bool complete = direction_.defined() && gradient_.defined() &&
                        directions_.size() == factors_.size() && steps_.size() == factors_.size();
  check(iterations_ == 0 || complete, Fault::input_file,
        "the optimizer's state of '{}' is not complete: d, prev_flat_grad, and as many old_dirs as old_stps "
        "and ro",
        keys().front());
}

void Lbfgs::load(const State& entry) {
  const size_t dot = entry.key.rfind('.');
  check(dot != std::string::npos && entry.key.substr(0, dot) == keys().front(), Fault::input_file,
        "the optimizer's state has '{}', expected entries of '{}'", entry.key, keys().front());
  const std::string name = entry.key.substr(dot + 1);
  const at::Tensor like = flat(std::vector<at::Tensor>(parameters().size()));
  std::vector<std::string> names;
  bool found = false;
  each_part([&](const char* known, auto& part) {
    names.emplace_back(known);
    if (name != known) return;
    read(part, entry, like);
    found = true;
  });
  check(found, Fault::input_file, "LBFGS keeps no '{}'{}", name, did_you_mean(name, names));
}

// Its vectors are as long as all parameters: each has its share of them.
std::vector<std::int64_t> Lbfgs::state_bytes() {
  const size_t vectors = iterations_ == 0 ? 0 : 2 + directions_.size() + steps_.size();
  std::vector<std::int64_t> bytes;
  for (const at::Tensor& parameter : parameters())
    bytes.push_back(static_cast<std::int64_t>(parameter.nbytes() * vectors));
  return bytes;
}

}  // namespace orrery
