#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "runtime/files/file_descriptor.h"

namespace orrery {

/// Another text after each save of a file; empty where there is none. For what may have happened before a
/// watch was there.
std::string stamp_of(const std::string& file);

/// Notices when files are saved: written and closed, or put in place by renaming. Their folders are watched,
/// since many editors rename a new file over the old one; so a file need not be there yet. Of a link, what it
/// leads to is watched too. Used by one thread.
class FileWatch {
 public:
  /// Throws `Error(Fault::run)` when the system has no more watches.
  FileWatch();

  /// Watches a file too; again makes good for a folder that was gone for a while. False where its folder is
  /// not there. Throws `Error(Fault::run)` where it cannot be watched.
  bool add(const std::string& file);

  /// The files that were saved since the last call, each once, named as they were given. Waits so long for
  /// the first; less when a signal comes, and then gives none.
  std::vector<std::string> wait(std::chrono::milliseconds patience);

 private:
  bool add(const std::string& place, const std::string& file);
  void read_events(const char* from, const char* to, std::vector<std::string>& saved) const;

  FileDescriptor events_;
  std::map<int, std::multimap<std::string, std::string>> files_;  ///< by folder and name
};

}  // namespace orrery
