#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orrery {

inline std::string little(std::uint64_t value, int width) {
  std::string text;
  for (int i = 0; i < width; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  return text;
}

/// A member of an archive and its directory entry.
struct Member {
  std::string name, content;
  std::uint32_t checksum = 0;
  int flags = 0, method = 0;
};

/// A zip archive made byte by byte, after APPNOTE.TXT, true or not.
inline std::string archive(const std::vector<Member>& members, const std::string& prefix = "") {
  std::string file = prefix, directory;
  for (const Member& member : members) {
    const std::string sizes =
        little(member.content.size(), 4) + little(member.content.size(), 4) + little(member.name.size(), 2);
    const std::string common = little(20, 2) + little(static_cast<unsigned>(member.flags), 2) +
                               little(static_cast<unsigned>(member.method), 2) + little(0, 4) +
                               little(member.checksum, 4) + sizes + little(0, 2);
    directory += little(0x02014b50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) +
                 little(0, 4) + little(file.size(), 4) + member.name;
    file += little(0x04034b50, 4) + common + member.name + member.content;
  }
  const auto start = file.size();
  return file + directory + little(0x06054b50, 4) + little(0, 4) + little(members.size(), 2) +
         little(members.size(), 2) + little(directory.size(), 4) + little(start, 4) + little(0, 2);
}

}  // namespace orrery
