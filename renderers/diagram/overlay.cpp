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

/// The amounts of what one box stands for.
struct Amount {
  double all, least, most;
  bool several;
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

std::optional<Amount> amount_of(const DiagramBox& box, const Overlay& overlay) {
  std::vector<std::string> paths = box.members;
  if (paths.empty()) paths = {box.path};
  paths.insert(paths.end(), box.fused.begin(), box.fused.end());
  const size_t each = paths.size() / std::max<size_t>(box.members.size(), 1);
  std::vector<double> amounts;
  for (const std::string& path : paths)
    if (const auto amount = amount_of(box, path, overlay)) amounts.push_back(*amount);
  if (amounts.empty()) return std::nullopt;
  const auto [least, most] = std::minmax_element(amounts.begin(), amounts.end());
  const double sum = std::accumulate(amounts.begin(), amounts.end(), 0.0);
  return Amount{overlay.adds ? sum : *most, *least, *most, each == 1 && box.members.size() > 1};
}

std::string text_of(const Amount& amount, const std::string& unit) {
  const std::string text = amount_text(amount.all, unit);
  if (!amount.several) return text;
  return text + " (" + amount_text(amount.least, unit) + " – " + amount_text(amount.most, unit) + ")";
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

}  // namespace

void add_overlay(Diagram& diagram, const Overlay& overlay) {
  std::vector<std::optional<Amount>> amounts;
  std::vector<double> known;
  for (size_t i = 0; i < diagram.boxes.size(); ++i) {
    amounts.push_back(i == 0 ? std::nullopt : amount_of(diagram.boxes[i], overlay));
    if (amounts.back()) known.push_back(amounts.back()->all);
  }
  diagram.heat = HeatLegend{overlay.title, {}};
  diagram.tones.clear();
  for (DiagramBox& box : diagram.boxes) box.tone = DiagramBox::kNeutral;
  if (known.empty()) return;
  const Heat heat(known, overlay.scale);
  for (size_t i = 0; i < amounts.size(); ++i) {
    if (!amounts[i]) continue;
    diagram.boxes[i].heat = heat.of(amounts[i]->all);
    if (overlay.numbers) diagram.boxes[i].amount = text_of(*amounts[i], overlay.unit);
  }
  diagram.heat->ticks = heat.ticks(overlay.unit);
}

}  // namespace orrery
