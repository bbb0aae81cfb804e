#include "runtime/history/machine.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <string_view>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/core/processor.h"
#include "runtime/history/liveness.h"
#include "runtime/history/schema.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr std::chrono::milliseconds kRoofPatience{2000};

std::string system_here() {
  utsname system{};
  return uname(&system) == 0 ? fmt::format("{} {} {}", system.sysname, system.release, system.machine) : "";
}

std::int64_t memory_here() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

std::string without_blanks_around(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

// The line `Model: NAME` of what the driver tells of one.
std::string model_of(const std::filesystem::path& information) {
  constexpr std::string_view kModel = "Model:";
  std::ifstream file(information);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(kModel)) return without_blanks_around(line.substr(kModel.size()));
  return {};
}

}  // namespace

std::string accelerators_of(const std::filesystem::path& driver) {
  std::map<std::string, int> models;
  std::error_code error;
  for (std::filesystem::directory_iterator device(driver, error), end; !error && device != end;
       device.increment(error))
    if (const std::string model = model_of(device->path() / "information"); !model.empty()) ++models[model];
  std::string text;
  for (const auto& [model, count] : models)
    text +=
        fmt::format("{}{}{}", text.empty() ? "" : ", ", count > 1 ? fmt::format("{} × ", count) : "", model);
  return storable_text(text);
}

MachineRecord machine_here(MachineRecord known) {
  if (known.host.empty()) known.host = this_process().host;
  if (known.processor.empty()) known.processor = processor_here().name;
  if (known.cores == 0) known.cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (known.memory_bytes == 0) known.memory_bytes = memory_here();
  if (known.gpu.empty()) known.gpu = accelerators_of();
  if (known.os.empty()) known.os = system_here();
  return known;
}

std::int64_t find_or_add_machine(const Database& db, const MachineRecord& machine) {
  const auto bound = [&](Statement& statement) -> Statement& {
    return statement.bind_all(machine.host, machine.processor, machine.cores, machine.memory_bytes,
                              machine.gpu, machine.os);
  };
  Statement find = db.prepare(
      "SELECT machine_id FROM machines WHERE host = ? AND processor = ? AND core_count = ? "
      "AND memory_bytes = ? AND gpu = ? AND os = ?");
  if (bound(find).step()) return find.integer(0);
  Statement add = db.prepare(
      "INSERT INTO machines (host, processor, core_count, memory_bytes, gpu, os) VALUES (?, ?, ?, ?, ?, ?)");
  bound(add).step();
  return db.last_row_id();
}

void keep_roof(const std::filesystem::path& history, const MachineRecord& machine, const RoofRecord& roof,
               UnixMilliseconds now) {
  Database db = open_history(history, Access::create, kRoofPatience);
  Transaction transaction(db);
  db.prepare("INSERT OR REPLACE INTO roofs VALUES (?, ?, ?, ?, ?, ?)")
      .run(find_or_add_machine(db, machine), roof.device, roof.threads, roof.gflop_per_second,
           roof.gb_per_second, now);
  transaction.commit();
}

std::optional<RoofRecord> kept_roof(const std::filesystem::path& history, const MachineRecord& machine,
                                    const std::string& device, std::int64_t threads) {
  try {
    const Database db = open_history(history, Access::read, kRoofPatience);
    Statement find = db.prepare(
        "SELECT f.gflop_per_second, f.gb_per_second FROM machines m JOIN roofs f USING (machine_id) "
        "WHERE m.host = ? AND m.processor = ? AND m.core_count = ? AND f.device = ? AND f.thread_count = ? "
        "ORDER BY f.measured_unix_ms DESC LIMIT 1");
    find.bind_all(machine.host, machine.processor, machine.cores, device, threads);
    if (find.step()) return RoofRecord{device, threads, find.real(0), find.real(1)};
  } catch (const Error&) {
    // There is no history yet, or an older one.
  }
  return {};
}

std::optional<RoofRecord> keep_better_roof(const std::filesystem::path& history, const MachineRecord& machine,
                                           const RoofRecord& measured, bool disturbed, bool again,
                                           UnixMilliseconds now) {
  RoofRecord best = measured;
  if (!again) {
    const auto known = kept_roof(history, machine, measured.device, measured.threads);
    if (!known && disturbed) return {};
    if (known) {
      best.gflop_per_second = std::max(best.gflop_per_second, known->gflop_per_second);
      best.gb_per_second = std::max(best.gb_per_second, known->gb_per_second);
      const bool is_new =
          best.gflop_per_second > known->gflop_per_second || best.gb_per_second > known->gb_per_second;
      if (!is_new) return known;
    }
  }
  keep_roof(history, machine, best, now);
  return best;
}

}  // namespace orrery
