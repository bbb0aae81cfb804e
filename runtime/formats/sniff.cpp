#include "runtime/formats/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace orrery {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes;
  FileKind kind;
};

constexpr std::array kMagics{
    Magic{"version https://git-lfs.github.com/spec/"sv, FileKind::git_lfs_pointer},
    Magic{"PK\3\4"sv, FileKind::zip},
    Magic{"PK\5\6"sv, FileKind::zip},
    Magic{"\x1F\x8B"sv, FileKind::gzip},
    Magic{"\x89PNG\r\n\x1A\n"sv, FileKind::png},
    Magic{"\xFF\xD8\xFF"sv, FileKind::jpeg},
    Magic{"%PDF-"sv, FileKind::pdf},
    Magic{"\x89HDF\r\n\x1A\n"sv, FileKind::hdf5},
    Magic{"\x93NUMPY"sv, FileKind::npy},
    Magic{"SQLite format 3\0"sv, FileKind::sqlite},
    Magic{"\x80\x02"sv, FileKind::pickle},
    Magic{"\x80\x03"sv, FileKind::pickle},
    Magic{"\x80\x04"sv, FileKind::pickle},
    Magic{"\x80\x05"sv, FileKind::pickle},
};

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0x100;
}

bool is_html(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  std::string head(start == std::string_view::npos ? ""sv : text.substr(start, 14));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return head.starts_with("<!doctype html") || head.starts_with("<html");
}

bool is_safetensors(std::string_view text) {
  if (text.size() < 10 || text[8] != '{' || byte_at(text, 4) != 0) return false;
  return text.substr(5, 3) == "\0\0\0"sv;
}

bool is_idx(std::string_view text) {
  constexpr std::string_view kTypes = "\x08\x09\x0B\x0C\x0D\x0E"sv;
  if (text.size() < 8 || !text.starts_with("\0\0"sv) || text[3] == 0) return false;
  return kTypes.find(text[2]) != kTypes.npos;
}

bool is_onnx(std::string_view text) {
  // After the version, the tag of another field of ModelProto: producer, domain, model version, comment,
  // graph, …
  constexpr std::string_view kFields = "\x12\x1A\x22\x28\x32\x3A\x42\x72\xA2\xCA"sv;
  if (byte_at(text, 0) != 0x08 || byte_at(text, 1) >= 0x20 || text.size() < 3) return false;
  return kFields.find(text[2]) != kFields.npos;
}

}  // namespace

FileKind sniff(std::span<const std::byte> start) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (text.empty()) return FileKind::empty;
  // First of all, since its length field may look like any magic.
  if (is_safetensors(text)) return FileKind::safetensors;
  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return magic.kind;
  }
  if (is_html(text)) return FileKind::html;
  if (is_idx(text)) return FileKind::idx;
  if (is_onnx(text)) return FileKind::onnx;
  return FileKind::unknown;
}

std::string_view describe(FileKind kind) {
  switch (kind) {
    case FileKind::empty: return "an empty file";
    case FileKind::safetensors: return "a safetensors file";
    case FileKind::zip: return "a zip archive (as PyTorch's .pt files are)";
    case FileKind::pickle: return "a Python pickle";
    case FileKind::onnx: return "an ONNX model";
    case FileKind::npy: return "a NumPy array";
    case FileKind::idx: return "an IDX file";
    case FileKind::gzip: return "a gzip file";
    case FileKind::png: return "a PNG image";
    case FileKind::jpeg: return "a JPEG image";
    case FileKind::pdf: return "a PDF document";
    case FileKind::hdf5: return "an HDF5 file";
    case FileKind::sqlite: return "an SQLite database";
    case FileKind::html: return "a web page";
    case FileKind::git_lfs_pointer: return "a Git LFS pointer";
    case FileKind::unknown: break;
  }
  return "a file of unknown kind";
}

std::string_view remedy(FileKind kind) {
  if (kind == FileKind::git_lfs_pointer) return "Fetch the real file with `git lfs pull`.";
  if (kind == FileKind::html) {
    return "The download was answered by a web page: check the address, or log in if it asks for that.";
  }
  if (kind == FileKind::empty) return "The download or the program that wrote it may have been cut off.";
  return "";
}

}  // namespace orrery
