#include "runtime/engine/profile/device_marks.h"

#include <vector>

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace orrery {
namespace {

// An event that is made once is recorded again and again.
class EventMarks : public DeviceMarks {
 public:
  explicit EventMarks(const c10::Device& device) : device_(device), guard_(device.type()) {}

  int put() override {
    if (free_.empty()) {
      free_.push_back(static_cast<int>(events_.size()));
      events_.emplace_back(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
    }
    const int mark = free_.back();
    free_.pop_back();
    event(mark).record(guard_.getStream(device_));
    return mark;
  }
  bool passed(int mark) override { return event(mark).query(); }
  double seconds_between(int first, int last) override {
    constexpr double kSecondsOfMillisecond = 1e-3;
    return event(first).elapsedTime(event(last)) * kSecondsOfMillisecond;
  }
  void give_back(int mark) override { free_.push_back(mark); }

 private:
  c10::Event& event(int mark) { return events_[static_cast<size_t>(mark)]; }

  const c10::Device device_;
  const c10::impl::VirtualGuardImpl guard_;
  std::vector<c10::Event> events_;
  std::vector<int> free_;
};

}  // namespace

std::unique_ptr<DeviceMarks> device_marks(const c10::Device& device) {
  if (device.is_cpu()) return nullptr;
  return std::make_unique<EventMarks>(device);
}

}  // namespace orrery
