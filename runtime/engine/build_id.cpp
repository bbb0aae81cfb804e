#include "runtime/engine/build_id.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <fmt/ranges.h>
#include <link.h>

namespace orrery {
namespace {

using Bytes = std::span<const unsigned char>;

struct SearchedId {
  ElfW(Addr) inside;  ///< an address within the library
  std::string id;
};

// Notes begin at multiples of four bytes, and so do their contents.
size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

std::string id_among(Bytes notes) {
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    const size_t content = sizeof note + padded(note.n_namesz);
    if (content + note.n_descsz > notes.size()) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes.data() + sizeof note, "GNU", 4) == 0)
      return fmt::format("{:02x}", fmt::join(notes.subspan(content, note.n_descsz), ""));
    notes = notes.subspan(std::min(content + padded(note.n_descsz), notes.size()));
  }
  return {};
}

int look_into(dl_phdr_info* library, size_t, void* data) {
  SearchedId& searched = *static_cast<SearchedId*>(data);
  const std::span parts(library->dlpi_phdr, library->dlpi_phnum);
  const auto holds = [&](const ElfW(Phdr) & part) {
    const ElfW(Addr) begin = library->dlpi_addr + part.p_vaddr;
    return part.p_type == PT_LOAD && searched.inside >= begin && searched.inside < begin + part.p_memsz;
  };
  if (std::ranges::none_of(parts, holds)) return 0;
  for (const ElfW(Phdr) & part : parts) {
    if (part.p_type != PT_NOTE || !searched.id.empty()) continue;
    const auto* begin = reinterpret_cast<const unsigned char*>(library->dlpi_addr + part.p_vaddr);
    searched.id = id_among({begin, part.p_memsz});
  }
  return 1;
}

}  // namespace

std::string engine_build_id() {
  SearchedId searched{reinterpret_cast<ElfW(Addr)>(&engine_build_id), {}};
  dl_iterate_phdr(look_into, &searched);
  return searched.id;
}

}  // namespace orrery
