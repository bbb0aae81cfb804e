#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/timeline.h"
#include "runtime/governors/profile_choice.h"

namespace orrery {

/// The steps of a run on a timeline: how long their parts took, and each piece of those in the window.
class RunSteps {
 public:
  /// The timeline outlives it.
  RunSteps(Timeline& times, const ProfileChoice& choice);

  /// The step that is open ends at the timeline's mark, and this one begins there. Before the first nothing
  /// is kept.
  void begin(std::int64_t number);
  /// The step that is open ends here, and none begins.
  void end();

  /// Of the steps that ended since the last time, and of the one that is open as if it ended here.
  std::vector<PartProfileRecord> parts_so_far();
  /// Of the steps that ended since the last time.
  std::vector<PartProfileRecord> take_parts();
  /// Of the window's steps that ended since the last time. `path`: of a unit.
  std::vector<StepSpanRecord> take_spans(const std::function<std::string(int unit)>& path);

 private:
  /// What the parts of several steps took.
  struct Series {
    void add(PartTimes parts);
    std::vector<PartProfileRecord> records() const;
    void clear();

    std::array<TimeSeries, std::tuple_size_v<PartTimes>> times;
    PartTimes sums{};
  };

  void close();
  void keep_closed_pieces();
  bool in_window(std::int64_t number) const;
  void keep_pieces();

  Timeline& times_;
  const ProfileChoice choice_;
  std::int64_t open_ = 0;  ///< its number; 0: none
  Series series_;
  std::vector<TimeSpan> pieces_;  ///< since the last mark that was a step's end
  std::vector<TimeSpan> spans_;   ///< of the window's steps that are over
  std::int64_t window_begin_ = -1;
};

}  // namespace orrery
