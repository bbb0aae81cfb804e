#include "runtime/history/interrupted.h"

namespace orrery {

std::vector<std::int64_t> interrupted_runs(const Database& db, const ProcessIdentity& observer,
                                           UnixMilliseconds now) {
  Statement running = db.prepare(
      "SELECT run_id, host, boot_id, pid_namespace, process_id, process_start_ticks, heartbeat_unix_ms "
      "FROM runs WHERE status = 'running'");
  std::vector<std::int64_t> found;
  while (running.step()) {
    const ProcessIdentity writer{.host = running.text(1),
                                 .boot_id = running.text(2),
                                 .pid_namespace = running.text(3),
                                 .process_id = running.integer(4),
                                 .start_ticks = running.integer(5)};
    if (has_ended(writer, running.integer(6), observer, now)) found.push_back(running.integer(0));
  }
  return found;
}

std::vector<std::int64_t> mark_interrupted(Database& db, const ProcessIdentity& observer,
                                           UnixMilliseconds now) {
  const std::vector<std::int64_t> ended = interrupted_runs(db, observer, now);
  if (ended.empty()) return ended;
  Transaction transaction(db);
  Statement mark = db.prepare(
      "UPDATE runs SET status = 'interrupted', exit_reason = ?, ended_unix_ms = heartbeat_unix_ms "
      "WHERE run_id = ? AND status = 'running'");
  for (const std::int64_t run : ended) mark.run(kProcessIsGone, run);
  transaction.commit();
  return ended;
}

}  // namespace orrery
