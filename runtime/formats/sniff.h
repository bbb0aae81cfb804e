#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace orrery {

/// What a file is by its first bytes. Extensions are not looked at.
enum class FileKind : std::uint8_t {
  unknown,
  empty,
  safetensors,
  zip,
  pickle,
  onnx,
  npy,
  idx,
  gzip,
  png,
  jpeg,
  pdf,
  hdf5,
  sqlite,
  html,
  git_lfs_pointer,
};

/// Bytes that `sniff` wants to see; fewer (a short file) will do.
inline constexpr std::size_t kSniffBytes = 512;

/// Sources: the magic numbers of each format's own specification; Git LFS
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md); ONNX has no magic, so a ModelProto that
/// starts with its `ir_version` and a following field is taken for one.
FileKind sniff(std::span<const std::byte> start);

/// For messages, with its article: `a PNG image`, `an empty file`; `a file of unknown kind`.
std::string_view describe(FileKind kind);

/// What a user who gave a file of this kind by mistake should do; empty when there is nothing to say.
std::string_view remedy(FileKind kind);

}  // namespace orrery
