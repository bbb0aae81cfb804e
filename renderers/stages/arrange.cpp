#include <algorithm>
#include <map>
#include <set>

#include "renderers/stages/piece.h"

namespace orrery {
namespace {

std::vector<std::vector<int>> sources_of(size_t count, const std::vector<PieceLine>& lines) {
  std::vector<std::vector<int>> sources(count);
  for (const PieceLine& line : lines) sources[line.to].push_back(line.from);
  return sources;
}

// What nobody reads follows the last one that it reads itself.
std::vector<int> with_ends_early(const std::vector<int>& order, const std::vector<PieceLine>& lines) {
  std::vector<char> read(order.size(), 0);
  std::vector<int> place(order.size(), 0), last(order.size(), -1);
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  for (const PieceLine& line : lines) {
    read[line.from] = 1;
    last[line.to] = std::max(last[line.to], place[line.from]);
  }
  std::vector<std::vector<int>> ends(order.size());
  for (int piece : order)
    if (!read[piece] && last[piece] >= 0) ends[last[piece]].push_back(piece);
  std::vector<int> result;
  for (size_t i = 0; i < order.size(); ++i) {
    if (read[order[i]] || last[order[i]] < 0) result.push_back(order[i]);
    result.insert(result.end(), ends[i].begin(), ends[i].end());
  }
  return result;
}

}  // namespace

std::vector<PieceLine> lines_between(const std::vector<Piece>& pieces, const Stages& stages) {
  std::vector<int> piece_of(stages.stages.size(), -1);
  for (size_t piece = 0; piece < pieces.size(); ++piece)
    for (int stage : pieces[piece].stages) piece_of[stage] = static_cast<int>(piece);
  std::vector<PieceLine> lines;
  for (const StageLine& line : stages.lines)
    if (piece_of[line.from] != piece_of[line.to])
      lines.push_back({piece_of[line.from], piece_of[line.to], line.from, line.to});
  return lines;
}

std::vector<int> order_pieces(size_t count, const std::vector<PieceLine>& lines) {
  const auto sources = sources_of(count, lines);
  std::vector<int> order;
  enum class State { open, begun, done };
  std::vector<State> state(count, State::open);
  const auto fed = [&](size_t piece) { return !sources[piece].empty(); };
  std::vector<int> stack;
  const auto finish = [&](int last) {
    stack.push_back(last);
    while (!stack.empty()) {
      const int top = stack.back();
      if (state[top] != State::open) {
        stack.pop_back();
        if (state[top] == State::begun) order.push_back(top);
        state[top] = State::done;
        continue;
      }
      state[top] = State::begun;
      for (size_t i = sources[top].size(); i-- > 0;)
        if (state[sources[top][i]] == State::open) stack.push_back(sources[top][i]);
    }
  };
  for (size_t piece = 0; piece < count; ++piece)
    if (fed(piece) && state[piece] == State::open) finish(static_cast<int>(piece));
  for (size_t piece = 0; piece < count; ++piece)
    if (state[piece] == State::open) finish(static_cast<int>(piece));
  return with_ends_early(order, lines);
}

std::vector<Segment> cut_segments(const std::vector<int>& order, const std::vector<PieceLine>& lines) {
  std::vector<int> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<int>(i);
  // A value is open until its last reader.
  std::vector<std::map<int, int>> last(order.size());
  for (const PieceLine& line : lines) {
    const auto [low, high] = std::minmax(place[line.from], place[line.to]);
    int& until = last[low][line.from_stage];
    until = std::max(until, high);
  }
  std::vector<Segment> segments{{}};
  std::set<std::pair<int, int>> open;  // until, from: a piece that two values leave counts twice
  for (size_t i = 0; i < order.size(); ++i) {
    segments.back().pieces.push_back(order[i]);
    for (const auto& [stage, until] : last[i]) open.emplace(until, static_cast<int>(i));
    while (!open.empty() && open.begin()->first <= static_cast<int>(i)) open.erase(open.begin());
    if (open.size() <= 1 && i + 1 < order.size())
      segments.push_back({.source = open.empty() ? -1 : order[open.begin()->second]});
  }
  return segments;
}

Arranged arrange(const std::vector<Piece>& pieces, const Stages& stages, const ArrangeOptions& options) {
  const std::vector<PieceLine> lines = lines_between(pieces, stages);
  const std::vector<int> order = order_pieces(pieces.size(), lines);
  const bool rows = options.direction == Direction::east;
  const std::vector<Segment> segments = rows ? cut_segments(order, lines) : std::vector<Segment>{{order}};
  std::vector<LaidSegment> laid;
  for (size_t i = 0; i < segments.size(); ++i) {
    const int next = i + 1 < segments.size() ? segments[i + 1].source : -1;
    laid.push_back(lay_out_segment(pieces, segments[i], next, lines, options));
  }
  Arranged arranged = stack_rows(pieces.size(), laid, options);
  for (const LaidSegment& segment : laid) arranged.true_to_stages &= segment.true_to_stages;
  part_lines(arranged.picture);
  return arranged;
}

}  // namespace orrery
