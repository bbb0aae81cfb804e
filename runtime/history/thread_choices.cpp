#include "runtime/history/thread_choices.h"

#include "runtime/history/schema.h"

namespace orrery {

std::optional<int> kept_threads(const std::filesystem::path& history, const ThreadKey& key) {
  try {
    const Database db = open_history(history, Access::read, kThreadPatience);
    Statement find = db.prepare(
        "SELECT thread_count FROM thread_choices "
        "WHERE structural_hash = ? AND batch = ? AND machine = ? AND build = ?");
    find.bind_all(key.structural_hash, key.batch, key.machine, key.build);
    if (find.step()) return static_cast<int>(find.integer(0));
  } catch (const Error&) {
    // There is no history yet, or an older one.
  }
  return {};
}

void keep_threads(const std::filesystem::path& history, const ThreadKey& key, int threads,
                  UnixMilliseconds now) {
  try {
    Database db = open_history(history, Access::create, kThreadPatience);
    Transaction transaction(db);
    db.prepare("INSERT OR REPLACE INTO thread_choices VALUES (?, ?, ?, ?, ?, ?)")
        .run(key.structural_hash, key.batch, key.machine, key.build, threads, now);
    transaction.commit();
  } catch (const Error&) {
    // A number that is not kept is found again.
  }
}

}  // namespace orrery
