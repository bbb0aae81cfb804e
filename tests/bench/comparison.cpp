#include "tests/bench/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "runtime/core/error.h"

namespace orrery::bench {
namespace {

// Of losses, relative. In double precision all are equal but for rounding. In the precision that is timed
// those of the first two steps tell forward, backward and update; then, behind batch norm of few numbers,
// rounding decides on which side of relu's kink a number falls, in PyTorch with one thread and with two as
// well, and each step makes more of it.
constexpr double kTimedTolerance = 1e-3, kWideTolerance = 1e-9;
constexpr size_t kSureSteps = 2;
constexpr int kTries = 2;  // of each number of threads

/// A runner that takes part, and what came of it so far.
struct Participant {
  const Runner& runner;
  Comparison* comparison;  ///< none: it is Orrery itself
  Runs runs = {};
};

void require_equal(const std::vector<double>& own, const std::vector<double>& theirs, size_t steps,
                   double tolerance) {
  check(own.size() == theirs.size(), Fault::run, "{} losses against {} of the peer", own.size(),
        theirs.size());
  for (size_t i = 0; i < std::min(steps, own.size()); ++i)
    check(std::abs(own[i] - theirs[i]) <= tolerance * std::abs(theirs[i]), Fault::run,
          "it is other work: the loss of step {} is {}, the peer's {}", i + 1, own[i], theirs[i]);
}

// Where there is nothing in double precision, all that is timed has to be equal.
void require_equal(const Losses& own, const Losses& theirs) {
  check(!own.timed.empty(), Fault::run, "there are no losses");
  require_equal(own.timed, theirs.timed, own.wide.empty() ? own.timed.size() : kSureSteps, kTimedTolerance);
  require_equal(own.wide, theirs.wide, own.wide.size(), kWideTolerance);
}

// The own losses are asked for behind the first peer's, which tell whether the data are here.
void require_same_work(const Workload& workload, const Runner& peer, std::optional<Losses>& own) {
  if (!peer.losses) return;
  const Losses theirs = peer.losses();
  if (!own) own = workload.own.losses();
  require_equal(*own, theirs);
}

void choose_threads(Participant& participant, const std::vector<int>& counts) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i)
    for (const int threads : counts) {
      const double seconds = participant.runner.measure(threads).seconds;
      if (seconds >= best) continue;
      best = seconds;
      participant.runs.threads = threads;
    }
}

void repeat(Participant& participant) {
  const Sample sample = participant.runner.measure(participant.runs.threads);
  participant.runs.times.seconds.push_back(sample.seconds);
  participant.runs.peak_bytes = std::max(participant.runs.peak_bytes, sample.peak_bytes);
}

// Who is the first of a round goes around.
void repeat_in_turn(std::vector<Participant>& all, int repetitions) {
  for (int i = 0; i < repetitions; ++i)
    for (size_t at = 0; at < all.size(); ++at) repeat(all[(at + static_cast<size_t>(i)) % all.size()]);
}

std::vector<Comparison> comparisons_of(const Workload& workload) {
  std::vector<Comparison> comparisons;
  for (const Runner& peer : workload.peers)
    comparisons.push_back({workload.name, workload.what, peer.name, workload.unit, peer.at_least});
  return comparisons;
}

// Orrery first, then the peers that can take part; what keeps another from it is written into its comparison.
std::vector<Participant> participants(const Workload& workload, std::vector<Comparison>& comparisons) {
  std::vector<Participant> all{{workload.own, nullptr}};
  std::optional<Losses> own_losses;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    Participant participant{workload.peers[i], &comparisons[i]};
    try {
      require_same_work(workload, participant.runner, own_losses);
      choose_threads(participant, workload.threads);
      all.push_back(std::move(participant));
    } catch (const Skipped& reason) {
      comparisons[i].skipped = reason.what();
    } catch (const std::exception& error) {
      comparisons[i].failure = error.what();
    }
  }
  return all;
}

void measure(std::vector<Participant>& all, const std::vector<int>& threads, int repetitions) {
  choose_threads(all[0], threads);
  repeat_in_turn(all, repetitions);
  for (size_t i = 1; i < all.size(); ++i) {
    all[i].comparison->own = all[0].runs;
    all[i].comparison->theirs = all[i].runs;
  }
}

}  // namespace

double Comparison::ratio() const { return theirs.times.median() / own.times.median(); }

double Comparison::ratio_of_minima() const { return theirs.times.minimum() / own.times.minimum(); }

bool Comparison::met() const {
  if (!skipped.empty()) return true;
  return failure.empty() && (!at_least || ratio() >= *at_least);
}

std::vector<Comparison> compare(const Workload& workload, int repetitions) {
  std::vector<Comparison> comparisons = comparisons_of(workload);
  std::vector<Participant> all = participants(workload, comparisons);
  if (all.size() == 1) return comparisons;
  try {
    measure(all, workload.threads, repetitions);
  } catch (const std::exception& error) {
    for (size_t i = 1; i < all.size(); ++i) all[i].comparison->failure = error.what();
  }
  return comparisons;
}

}  // namespace orrery::bench
