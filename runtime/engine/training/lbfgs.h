#pragma once

#include "runtime/engine/training/updater.h"

namespace orrery {

/// Limited-memory BFGS over all parameters as one vector: torch.optim.LBFGS, with its line search
/// (Nocedal & Wright, Numerical Optimization, algorithms 7.4, 3.5 and 3.6). It reads numbers from the device
/// in each iteration. Its state is named after the first parameter, as PyTorch's.
class Lbfgs : public Updater {
 public:
  at::Tensor step_with(const Evaluate& evaluate) override;
  std::vector<State> state() override;
  void load_state(const std::vector<State>& state) override;
  std::vector<std::int64_t> state_bytes() override;

 protected:
  void update(const Attributes& options, Lists& lists) const override;

 private:
  /// A loss with its gradient as one vector.
  struct Point {
    double loss = 0;
    at::Tensor gradient;
  };

  at::Tensor flat(const std::vector<at::Tensor>& gradients) const;
  void move(double length, const at::Tensor& direction) const;
  Point evaluated(const Evaluate& evaluate) const;
  void begin_iteration(const Point& now);
  void remember(const at::Tensor& gradient);
  void find_direction(const at::Tensor& gradient);
  Point advanced(const Evaluate& evaluate, const Point& from, double slope, std::int64_t most,
                 bool evaluated_after);
  Point searched(const Evaluate& evaluate, const Point& from, double slope, std::int64_t most);
  bool settled(const Point& now) const;
  template <class Visit>
  void each_part(Visit visit);
  void load(const State& entry);

  at::Tensor direction_;                ///< d
  double length_ = 0;                   ///< t: of the last iteration
  std::vector<at::Tensor> directions_;  ///< old_dirs: differences of gradients
  std::vector<at::Tensor> steps_;       ///< old_stps
  std::vector<double> factors_;         ///< ro
  double scale_ = 1;                    ///< H_diag
  at::Tensor gradient_;                 ///< prev_flat_grad
  double loss_ = 0;                     ///< prev_loss
  std::int64_t iterations_ = 0;         ///< n_iter
  std::int64_t evaluations_ = 0;        ///< func_evals
};

}  // namespace orrery
