#include "renderers/diagram/overlay.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "renderers/diagram/passes.h"
#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;

/// The amounts of what one box stands for: of all of it, and of those of its repeats that have least and
/// most.
struct Amount {
  double all, least, most;
  size_t repeats;
};

std::optional<double> looked_up(const std::map<std::string, double>& amounts, const std::string& path) {
  const auto at = amounts.find(path);
  return at == amounts.end() ? std::nullopt : std::optional<double>(at->second);
}

// A frame around coloured boxes shows none of what they show already.
std::optional<double> amount_of(const DiagramBox& box, const std::string& path, const Overlay& overlay) {
  if (box.kind == Kind::folded) return looked_up(overlay.own ? overlay.blocks : overlay.total, path);
  if (box.kind == Kind::frame) return overlay.nodes.empty() ? looked_up(overlay.blocks, path) : std::nullopt;
  if (box.kind == Kind::output || box.nodes.empty()) return std::nullopt;
  return looked_up(overlay.nodes, path);
}

// `+1.2 ms`, `−300 µs`, where amounts are differences.
std::string written(double amount, const Overlay& overlay) {
  if (!overlay.delta) return amount_text(amount, overlay.unit);
  return (amount > 0 ? "+" : amount < 0 ? "−" : "") + amount_text(std::abs(amount), overlay.unit);
}

double together(const std::vector<double>& amounts, bool adds) {
  return adds ? std::accumulate(amounts.begin(), amounts.end(), 0.0)
              : *std::max_element(amounts.begin(), amounts.end());
}

// Of a box's repeats one after another, each with what is fused to it. The paths of what is fused stand in
// the order of the repeats, as many for each.
std::vector<double> amounts_of_repeats(const DiagramBox& box, const Overlay& overlay) {
  const std::vector<std::string> paths = box.members.empty() ? std::vector{box.path} : box.members;
  const size_t fused = box.fused.size() / paths.size();
  std::vector<double> result;
  for (size_t i = 0; i < paths.size(); ++i) {
    std::vector<double> parts;
    const auto add = [&](const std::string& path) {
      if (const auto amount = amount_of(box, path, overlay)) parts.push_back(*amount);
    };
    add(paths[i]);
    for (size_t k = 0; k < fused; ++k) add(box.fused[i * fused + k]);
    if (!parts.empty()) result.push_back(together(parts, overlay.adds));
  }
  return result;
}

std::optional<Amount> amount_of(const DiagramBox& box, const Overlay& overlay) {
  const std::vector<double> amounts = amounts_of_repeats(box, overlay);
  if (amounts.empty()) return std::nullopt;
  const auto [least, most] = std::minmax_element(amounts.begin(), amounts.end());
  return Amount{together(amounts, overlay.adds), *least, *most, amounts.size()};
}

// Repeats that read alike are written once: as `2 × 462 MFLOP` where the sum counts.
std::string text_of(const Amount& amount, const Overlay& overlay) {
  const std::string all = written(amount.all, overlay);
  const std::string least = written(amount.least, overlay);
  const std::string most = written(amount.most, overlay);
  if (amount.repeats < 2) return all;
  if (least != most) return all + " (" + least + " – " + most + ")";
  return overlay.adds ? std::to_string(amount.repeats) + " × " + least : all;
}

/// Turns amounts into places on the palette.
class Heat {
 public:
  Heat(std::vector<double> amounts, HeatScale scale) : scale_(scale), sorted_(std::move(amounts)) {
    std::sort(sorted_.begin(), sorted_.end());
    const auto positive = std::upper_bound(sorted_.begin(), sorted_.end(), 0.0);
    least_ = positive == sorted_.end() ? 0 : *positive;
    most_ = std::max(sorted_.back(), 0.0);
  }

  double of(double amount) const {
    if (scale_ == HeatScale::rank) return rank(amount);
    if (most_ <= 0 || amount <= 0) return 0;
    if (scale_ == HeatScale::linear) return amount / most_;
    return least_ < most_ ? std::log(amount / least_) / std::log(most_ / least_) : 1;
  }

  double most() const { return most_; }

  std::vector<HeatLegend::Tick> ticks(const std::string& unit) const {
    std::vector<HeatLegend::Tick> result;
    for (double at : {0.0, 0.5, 1.0}) result.push_back({at, amount_text(amount_at(at), unit)});
    return result;
  }

 private:
  double rank(double amount) const {
    const auto place = std::lower_bound(sorted_.begin(), sorted_.end(), amount) - sorted_.begin();
    const auto last = static_cast<double>(sorted_.size() - 1);
    return last > 0 ? static_cast<double>(place) / last : 1;
  }

  double amount_at(double at) const {
    if (scale_ == HeatScale::rank)
      return sorted_[static_cast<size_t>(std::lround(at * static_cast<double>(sorted_.size() - 1)))];
    if (scale_ == HeatScale::linear || most_ <= 0) return at * most_;
    return least_ * std::pow(most_ / least_, at);
  }

  HeatScale scale_;
  std::vector<double> sorted_;
  double least_ = 0, most_ = 0;
};

// Less lies left of the middle of the palette, more right of it.
double heat_of(const Heat& heat, double amount, const Overlay& overlay) {
  if (!overlay.delta) return heat.of(amount);
  const double part = amount == 0 ? 0 : heat.of(std::abs(amount)) / 2;
  return amount < 0 ? 0.5 - part : 0.5 + part;
}

std::vector<HeatLegend::Tick> delta_ticks(const Heat& heat, const Overlay& overlay) {
  const double most = heat.most();
  if (most <= 0) return {{0.5, written(0, overlay)}};
  return {{0, written(-most, overlay)}, {0.5, written(0, overlay)}, {1, written(most, overlay)}};
}

}  // namespace

void add_overlay(Diagram& diagram, const Overlay& overlay) {
  std::vector<std::optional<Amount>> amounts;
  std::vector<double> known;
  for (size_t i = 0; i < diagram.boxes.size(); ++i) {
    amounts.push_back(i == 0 ? std::nullopt : amount_of(diagram.boxes[i], overlay));
    if (amounts.back()) known.push_back(overlay.delta ? std::abs(amounts.back()->all) : amounts.back()->all);
  }
  diagram.heat = HeatLegend{overlay.title, {}, overlay.delta};
  diagram.tones.clear();
  diagram.no_tones.clear();
  for (DiagramBox& box : diagram.boxes) box.tone = DiagramBox::kNeutral;
  if (known.empty()) return;
  const Heat heat(known, overlay.scale);
  for (size_t i = 0; i < amounts.size(); ++i) {
    if (!amounts[i]) continue;
    diagram.boxes[i].heat = heat_of(heat, amounts[i]->all, overlay);
    diagram.boxes[i].delta = overlay.delta;
    if (overlay.numbers) diagram.boxes[i].amount = text_of(*amounts[i], overlay);
  }
  diagram.heat->ticks = overlay.delta ? delta_ticks(heat, overlay) : heat.ticks(overlay.unit);
}

}  // namespace orrery
