#include "runtime/history/metric_direction.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace orrery {
namespace {

// Whole words of names: `error_rate` falls, though it holds the letters of others.
constexpr std::array<std::string_view, 23> kRising{
    "accuracy", "acc",  "precision", "recall",     "f1",      "auroc",  "auc",       "r2",
    "psnr",     "ssim", "iou",       "dice",       "map",     "reward", "return",    "score",
    "kappa",    "mcc",  "bleu",      "likelihood", "success", "signal", "similarity"};

bool is_word_letter(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0; }

}  // namespace

bool larger_is_better(const Database& db, std::string_view metric) {
  if (sounds_rising(metric)) return true;
  Statement newest = db.prepare("SELECT max(run_id) FROM metrics WHERE name = ? AND split = ?");
  Statement rising = db.prepare("SELECT 1 FROM rising_metrics WHERE run_id = ? AND name = ?");
  for (const char* split : {"validation", "train", "test"}) {
    newest.bind_all(metric, split);
    if (newest.step()) {
      rising.bind_all(newest.cell(0), metric);
      if (rising.step()) return true;
      rising.reset();
    }
    newest.reset();
  }
  return false;
}

bool sounds_rising(std::string_view metric) {
  std::string word;
  for (std::size_t at = 0; at <= metric.size(); ++at) {
    if (at < metric.size() && is_word_letter(metric[at])) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(metric[at])));
      continue;
    }
    if (std::find(kRising.begin(), kRising.end(), word) != kRising.end()) return true;
    word.clear();
  }
  return false;
}

}  // namespace orrery
