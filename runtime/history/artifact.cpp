#include "runtime/history/artifact.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/core/content_hash.h"
#include "runtime/core/sha256.h"
#include "runtime/files/read_file.h"
#include "runtime/history/run_rows.h"
#include "runtime/history/schema.h"

namespace orrery {
namespace {

// Files above this are listed without a hash: it would have to read them whole.
constexpr std::uint64_t kMaxHashedBytes = std::uint64_t{1} << 30;

const std::string kContentHash = "xxh128:";

// `what`: subject and verb of the warning.
template <class Write>
void write_into(const HistoryOptions& options, const std::string& run_name, const std::string& what,
                Write write) {
  try {
    RunRows rows(open_history(options.path, Access::write, options.patience));
    if (!rows.take_up(run_name)) return;
    Transaction transaction(rows.database());
    write(rows);
    transaction.commit();
  } catch (const std::exception& error) {
    if (options.warn) options.warn(fmt::format("{} not listed in the history.\n  {}", what, error.what()));
  }
}

}  // namespace

ArtifactRecord artifact_of_file(std::string kind, std::string path) {
  const std::uint64_t size = InputFile(path).size();
  std::string hash;
  if (size <= kMaxHashedBytes) hash = kContentHash + content_hash(read_file(path, kMaxHashedBytes).text());
  return {std::move(kind), std::move(path), static_cast<std::int64_t>(size), std::move(hash)};
}

std::string sha256_of(const ArtifactRecord& artifact) {
  if (!artifact.hash.starts_with(kContentHash)) return {};
  try {
    const auto bytes = read_file(artifact.path, kMaxHashedBytes);
    return kContentHash + content_hash(bytes.text()) == artifact.hash ? sha256(bytes.text()) : std::string();
  } catch (const std::exception&) {
    return {};  // it is gone, or too large by now
  }
}

void add_artifact(const HistoryOptions& options, const std::string& run_name,
                  const ArtifactRecord& artifact) {
  ArtifactRecord hashed = artifact;
  if (hashed.sha256.empty()) hashed.sha256 = sha256_of(artifact);
  write_into(options, run_name, fmt::format("'{}' is", artifact.path),
             [&](RunRows& rows) { rows.write(hashed, options.clock()); });
}

void add_metrics(const HistoryOptions& options, const std::string& run_name,
                 const std::vector<MetricRecord>& metrics) {
  write_into(options, run_name, "what was measured after the run is", [&](RunRows& rows) {
    for (const MetricRecord& metric : metrics) rows.write(metric);
  });
}

}  // namespace orrery
