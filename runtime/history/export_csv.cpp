#include "runtime/history/export_csv.h"

#include <map>
#include <vector>

#include <fmt/ranges.h>

namespace orrery {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char each : text) quoted += each == '"' ? std::string("\"\"") : std::string(1, each);
  return quoted + "\"";
}

double seconds(UnixMilliseconds at) { return static_cast<double>(at) / 1000; }

}  // namespace

std::string long_csv(std::span<const ExportedRun> runs) {
  std::string text = "run,metric,split,epoch,step,time,value\n";
  for (const ExportedRun& run : runs) {
    for (const ExportedRun::Curve& curve : run.curves) {
      const std::string begin =
          fmt::format("{},{},{},", csv_cell(run.name), csv_cell(curve.metric), curve.split);
      for (const ExportedRun::Point& point : curve.points) {
        const std::string place =
            curve.over_epochs ? fmt::format("{},", point.step) : fmt::format(",{}", point.step);
        text += fmt::format("{}{},{},{}\n", begin, place, seconds(point.at), point.value);
      }
    }
  }
  return text;
}

std::string wide_csv(const ExportedRun& run, bool over_epochs) {
  std::string header = over_epochs ? "epoch" : "step";
  std::map<std::int64_t, std::vector<std::string>> rows;
  std::size_t columns = 0;
  for (const ExportedRun::Curve& curve : run.curves) {
    if (curve.over_epochs != over_epochs) continue;
    header += "," + csv_cell(curve.split + "_" + curve.metric);
    ++columns;
    for (const ExportedRun::Point& point : curve.points) {
      std::vector<std::string>& row = rows[point.step];
      row.resize(columns);
      row.back() = fmt::format("{}", point.value);
    }
  }
  if (columns == 0) return {};
  std::string text = header + "\n";
  for (auto& [step, row] : rows) {
    row.resize(columns);
    text += fmt::format("{},{}\n", step, fmt::join(row, ","));
  }
  return text;
}

}  // namespace orrery
