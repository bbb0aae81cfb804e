#include <cmath>
#include <limits>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

constexpr double kSame = 1e-6;  // positions that are equal but for rounding
constexpr double kClear = 2.5;  // lines that are nearer than this look like one

std::vector<double> sources_of(const Interior& in, const Chain& chain) {
  const auto at = in.out_offsets.find({chain.source, chain.net});
  return {in.items[chain.source].across + (at == in.out_offsets.end() ? 0 : at->second)};
}

double entry(const Interior& in, const Link& link) { return in.items[link.sink].across + link.offset; }

void add_run(Interior& in, Run run) {
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const auto* ends : {&run.uppers, &run.lowers})
    for (double end : *ends) low = std::min(low, end), high = std::max(high, end);
  run.straight = high - low < kSame && !run.uppers.empty() && !run.lowers.empty();
  in.channels[run.channel].push_back(std::move(run));
}

void forward_runs(Interior& in, int index) {
  const Chain& chain = in.chains[index];
  const int source_rank = in.items[chain.source].rank;
  int last = source_rank + static_cast<int>(chain.bends.size());
  for (int link : chain.links) last = std::max(last, in.items[in.links[link].sink].rank);
  for (int channel = source_rank; channel < last; ++channel) {
    Run run{.chain = index, .channel = channel};
    const int bend = channel - source_rank;
    run.uppers = channel == source_rank ? sources_of(in, chain)
                                        : std::vector<double>{in.items[chain.bends[bend - 1]].across};
    if (bend < static_cast<int>(chain.bends.size())) run.lowers.push_back(in.items[chain.bends[bend]].across);
    for (int link : chain.links)
      if (in.links[link].side == 0 && in.items[in.links[link].sink].rank == channel + 1)
        run.lowers.push_back(entry(in, in.links[link]));
    add_run(in, std::move(run));
  }
}

void backward_runs(Interior& in, int index) {
  const Chain& chain = in.chains[index];
  const Link& link = in.links[chain.links[0]];
  const int first = chain.first_rank, last = first + static_cast<int>(chain.bends.size()) - 1;
  const auto bend = [&](int rank) { return in.items[chain.bends[rank - first]].across; };
  add_run(in, {.chain = index, .channel = first - 1, .lowers = {bend(first), entry(in, link)}});
  for (int rank = first; rank < last; ++rank)
    add_run(in, {.chain = index, .channel = rank, .uppers = {bend(rank)}, .lowers = {bend(rank + 1)}});
  add_run(in, {.chain = index, .channel = last, .uppers = {sources_of(in, chain)[0], bend(last)}});
}

/// One horizontal line: a run, or one of the two halves of a turned run.
struct Strand {
  int run = 0;
  bool second = false;
  std::vector<double> uppers, lowers;
  double low = 0, high = 0;
};

Strand strand(int run, bool second, std::vector<double> uppers, std::vector<double> lowers) {
  Strand s{run,
           second,
           std::move(uppers),
           std::move(lowers),
           std::numeric_limits<double>::max(),
           std::numeric_limits<double>::lowest()};
  for (const auto* ends : {&s.uppers, &s.lowers})
    for (double end : *ends) s.low = std::min(s.low, end), s.high = std::max(s.high, end);
  return s;
}

std::vector<Strand> strands_of(const std::vector<Run>& runs) {
  std::vector<Strand> strands;
  for (size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const int index = static_cast<int>(i);
    if (run.straight) continue;
    if (!run.turned) {
      strands.push_back(strand(index, false, run.uppers, run.lowers));
      continue;
    }
    strands.push_back(strand(index, false, run.uppers, {run.turn}));
    strands.push_back(strand(index, true, {run.turn}, run.lowers));
  }
  return strands;
}

bool touch(const Strand& a, const Strand& b, double clear) {
  return a.low < b.high + clear && b.low < a.high + clear;
}

// A line that comes down at `a` would lie on the line that leaves `b` at the same place.
bool must_be_above(const Strand& a, const Strand& b) {
  for (double upper : a.uppers)
    for (double lower : b.lowers)
      if (std::abs(upper - lower) < kClear) return true;
  return false;
}

int crossings_if_above(const Strand& a, const Strand& b) {
  int count = 0;
  for (double lower : a.lowers) count += lower > b.low && lower < b.high;
  for (double upper : b.uppers) count += upper > a.low && upper < a.high;
  return count;
}

/// By how much each strand wants to be above each other one.
struct Wishes {
  std::vector<std::vector<std::pair<int, long>>> below, above;  // by strand
};

Wishes wishes_of(const std::vector<Strand>& strands, double clear) {
  const long must = 100000;
  Wishes wishes{std::vector<std::vector<std::pair<int, long>>>(strands.size()),
                std::vector<std::vector<std::pair<int, long>>>(strands.size())};
  const auto wish = [&](size_t a, size_t b, long weight) {
    wishes.below[a].emplace_back(static_cast<int>(b), weight);
    wishes.above[b].emplace_back(static_cast<int>(a), weight);
  };
  for (size_t a = 0; a < strands.size(); ++a)
    for (size_t b = a + 1; b < strands.size(); ++b) {
      if (!touch(strands[a], strands[b], clear)) continue;
      const bool halves = strands[a].run == strands[b].run;
      long weight = crossings_if_above(strands[b], strands[a]) - crossings_if_above(strands[a], strands[b]);
      if (halves || must_be_above(strands[a], strands[b])) weight += must;
      if (!halves && must_be_above(strands[b], strands[a])) weight -= must;
      if (weight > 0) wish(a, b, weight);
      if (weight < 0) wish(b, a, -weight);
    }
  return wishes;
}

// Eades, Lin, Smyth 1993: an order of the strands that breaks few wishes.
std::vector<int> order_of(const Wishes& wishes) {
  const size_t n = wishes.below.size();
  std::vector<long> want(n, 0);  // to be above minus to be below, among those left
  std::vector<int> blocked(n, 0);
  for (size_t a = 0; a < n; ++a)
    for (const auto& [b, weight] : wishes.below[a]) want[a] += weight, want[b] -= weight, ++blocked[b];
  std::vector<bool> done(n, false);
  std::vector<int> result;
  while (result.size() < n) {
    int best = -1;
    for (size_t i = 0; i < n; ++i) {
      if (done[i]) continue;
      const auto key = [&](int k) { return std::pair(blocked[k] == 0, want[k]); };
      if (best < 0 || key(static_cast<int>(i)) > key(best)) best = static_cast<int>(i);
    }
    done[best] = true;
    result.push_back(best);
    for (const auto& [b, weight] : wishes.below[best]) want[b] += weight, --blocked[b];
    for (const auto& [a, weight] : wishes.above[best]) want[a] -= weight;
  }
  return result;
}

bool is_near(const Run& run, double at) {
  const auto near = [&](double end) { return std::abs(end - at) < kClear; };
  return std::any_of(run.uppers.begin(), run.uppers.end(), near) ||
         std::any_of(run.lowers.begin(), run.lowers.end(), near) || (run.turned && near(run.turn));
}

// A free place near the middle of the strand, away from every line of the channel.
double turning_place(const std::vector<Run>& runs, const Strand& s) {
  const auto free = [&](double at) {
    return std::none_of(runs.begin(), runs.end(), [&](const Run& run) { return is_near(run, at); });
  };
  const double middle = (s.low + s.high) / 2;
  for (int step = 0;; ++step)
    for (int side : {1, -1})
      if (free(middle + side * step * kClear)) return middle + side * step * kClear;
}

// Two values that change places would lie on each other whatever their order: one of them turns twice.
bool turn_one(std::vector<Run>& runs, const std::vector<Strand>& strands, const std::vector<int>& order) {
  for (size_t i = 0; i < order.size(); ++i)
    for (size_t j = i + 1; j < order.size(); ++j) {
      const Strand &above = strands[order[i]], &below = strands[order[j]];
      if (above.run == below.run || !must_be_above(below, above)) continue;
      Run* run = &runs[below.run];
      const Strand* turning = &below;
      if (run->turned) run = &runs[above.run], turning = &above;
      if (run->turned) continue;
      run->turn = turning_place(runs, *turning);
      run->turned = true;
      return true;
    }
  return false;
}

// Lanes as numbers from the top: each strand lies below all earlier ones that it meets.
void number_lanes(std::vector<Run>& runs, const std::vector<Strand>& strands, const std::vector<int>& order,
                  double clear) {
  std::vector<int> lane(strands.size(), 0);
  for (size_t i = 0; i < order.size(); ++i) {
    const Strand& s = strands[order[i]];
    for (size_t j = 0; j < i; ++j)
      if (touch(s, strands[order[j]], clear)) lane[order[i]] = std::max(lane[order[i]], lane[order[j]] + 1);
    (s.second ? runs[s.run].second_lane : runs[s.run].lane) = lane[order[i]];
  }
}

}  // namespace

void assign_lanes(Interior& in, const Sketch& sketch) {
  in.channels.assign(in.rows.size(), {});
  for (size_t i = 0; i < in.chains.size(); ++i) {
    if (in.chains[i].backward)
      backward_runs(in, static_cast<int>(i));
    else
      forward_runs(in, static_cast<int>(i));
  }
  const double clear = sketch.spacing.lane / 2;
  for (auto& runs : in.channels) {
    std::vector<Strand> strands = strands_of(runs);
    std::vector<int> order = order_of(wishes_of(strands, clear));
    while (turn_one(runs, strands, order)) {
      strands = strands_of(runs);
      order = order_of(wishes_of(strands, clear));
    }
    number_lanes(runs, strands, order, clear);
  }
}

}  // namespace orrery::layout
