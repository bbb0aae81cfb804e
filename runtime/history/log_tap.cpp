#include "runtime/history/log_tap.h"

#include <array>
#include <string>
#include <vector>

#include "runtime/history/background.h"

namespace orrery {
namespace {

/// The runs that listen, shared by the copies of the runtime's sink.
class Listeners {
 public:
  void add(const std::shared_ptr<HistoryWriter>& writer) {
    std::erase_if(writers_, [](const auto& each) { return each.expired(); });
    writers_.push_back(writer);
  }

  void told(Log::Level level, const std::string& text) {
    for_each([&](HistoryWriter& writer) {
      if (level == Log::Level::warning) writer.event({"warning", text});
    });
    printed(LogLine::Stream::err, text + "\n");
  }

  void printed(LogLine::Stream stream, std::string_view text) {
    if (in_background()) return;
    std::string& open = open_lines_[stream == LogLine::Stream::out ? 0 : 1];
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
      open += text.substr(0, end);
      const LogLine line{stream, seen_on_terminal(std::exchange(open, {}))};
      for_each([&](HistoryWriter& writer) { writer.line(line); });
    }
    if (open.size() < kOpenLineBytes) open += text;
    // What a progress line has drawn over is gone.
    if (const std::size_t drawn = open.rfind('\r'); drawn != open.npos && drawn + 1 < open.size())
      open.erase(0, drawn + 1);
  }

 private:
  // A script that never ends its line fills no memory.
  static constexpr std::size_t kOpenLineBytes = 1 << 20;

  // What a writer has to say of its history comes back here, while it is told.
  template <class Tell>
  void for_each(Tell tell) {
    const auto now = writers_;
    for (const auto& each : now)
      if (const auto writer = each.lock()) tell(*writer);
  }

  std::vector<std::weak_ptr<HistoryWriter>> writers_;
  std::array<std::string, 2> open_lines_;
};

/// The sink that was there, and those who listen.
struct TappedSink {
  std::function<void(Log::Level, const std::string&)> before;
  std::shared_ptr<Listeners> listeners;

  void operator()(Log::Level level, const std::string& text) const {
    if (before) before(level, text);
    listeners->told(level, text);
  }
};

}  // namespace

std::string seen_on_terminal(std::string line) {
  while (line.ends_with('\r')) line.pop_back();
  if (const std::size_t drawn_again = line.rfind('\r'); drawn_again != line.npos)
    line.erase(0, drawn_again + 1);
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line.compare(at, 2, "\x1b[") != 0) {
      text += line[at];
      continue;
    }
    at += 2;
    while (at < line.size() && (line[at] < '@' || line[at] > '~')) ++at;
  }
  return text;
}

void listen(Runtime& runtime, const std::shared_ptr<HistoryWriter>& writer) {
  if (!runtime.log.sink.target<TappedSink>())
    runtime.log.sink = TappedSink{runtime.log.sink, std::make_shared<Listeners>()};
  runtime.log.sink.target<TappedSink>()->listeners->add(writer);
}

void printed(Runtime& runtime, LogLine::Stream stream, std::string_view text) {
  if (auto* tapped = runtime.log.sink.target<TappedSink>()) tapped->listeners->printed(stream, text);
}

}  // namespace orrery
