#include "runtime/formats/pt2_archive.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_sax.h"
#include "runtime/formats/weights_file.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostJson = std::uint64_t{256} << 20;
constexpr std::size_t kMostPt2Rank = 64;
constexpr std::string_view kModelFolder = "models/", kOldProgram = "serialized_exported_program.json";

// Numbers of ScalarType; where Orrery has none, the place is empty.
constexpr std::array<std::optional<DType>, 14> kScalarTypeOfPt2 = {
    std::nullopt,     DType::uint8,      DType::int8,    DType::int16,   DType::int32,
    DType::int64,     DType::float16,    DType::float32, DType::float64, std::nullopt,
    DType::complex64, DType::complex128, DType::boolean, DType::bfloat16};

// A size of a tensor that is there is a number, never an expression.
std::int64_t size_told(const json& size) { return size.at("as_int").get<std::int64_t>(); }

std::vector<std::int64_t> sizes_told(const json& sizes) {
  std::vector<std::int64_t> numbers;
  for (const json& size : sizes) numbers.push_back(size_told(size));
  return numbers;
}

// `NAME/` of `NAME/models/model.json`.
std::string root_of_pt2(const ZipReader& zip, const std::string& source) {
  std::vector<std::string> roots;
  for (const ZipEntry& entry : zip.entries()) {
    const std::size_t at = entry.name.find(kModelFolder);
    const bool inside = at != entry.name.npos && (at == 0 || entry.name[at - 1] == '/');
    if (inside && entry.name.ends_with(".json")) roots.push_back(entry.name.substr(0, at));
  }
  check(roots.size() <= 1, Fault::input_file, "{} holds {} models; files of one are read", source,
        roots.size());
  if (!roots.empty()) return roots[0];
  const bool old = std::ranges::any_of(
      zip.entries(), [](const ZipEntry& entry) { return entry.name.ends_with(kOldProgram); });
  check(old, Fault::input_file,
        "{} holds no program of torch.export; packages that are compiled are not read", source);
  throw Error(Fault::input_file,
              fmt::format("{} is an archive of torch.export as PyTorch before 2.9 wrote it", source), {},
              "Load it with torch.export.load and save it again with a newer PyTorch.");
}

class ValuesOfPt2 final : public FirstValues {
 public:
  ValuesOfPt2(std::shared_ptr<const Pt2Archive> archive, const Pt2Tensor& tensor)
      : archive_(std::move(archive)), tensor_(tensor) {}
  Bytes read() const override {
    Bytes bytes(static_cast<std::size_t>(tensor_.view.bytes()));
    archive_->read(tensor_, bytes.span());
    return bytes;
  }

 private:
  std::shared_ptr<const Pt2Archive> archive_;
  Pt2Tensor tensor_;
};

}  // namespace

bool is_pt2(const ZipReader& zip) {
  return std::ranges::any_of(zip.entries(), [](const ZipEntry& entry) {
    return entry.name.ends_with(kOldProgram) || entry.name.ends_with("/archive_format") ||
           entry.name.ends_with("models/model.json");
  });
}

std::optional<DType> dtype_of_pt2(std::int64_t number) {
  return number >= 0 && number < std::ssize(kScalarTypeOfPt2)
             ? kScalarTypeOfPt2[static_cast<std::size_t>(number)]
             : std::nullopt;
}

std::shared_ptr<const FirstValues> values_of_pt2(std::shared_ptr<const Pt2Archive> archive,
                                                 const Pt2Tensor& tensor) {
  return std::make_shared<const ValuesOfPt2>(std::move(archive), tensor);
}

Pt2Archive::Pt2Archive(const std::string& path, const FileSystem& files) : zip_(path, files) {
  const std::string source = quote_path(path);
  check(is_pt2(zip_), Fault::input_file, "{} is a zip archive that torch.export did not write", source);
  root_ = root_of_pt2(zip_, source);
  if (const ZipEntry* order = member("byteorder")) {
    const Bytes word = zip_.read(*order, 16);
    check(word.text() == "little", Fault::input_file,
          "{} was written with the byte order {}; 'little' is read", source, quote_path(word.text()));
  }
  try {
    read_tensors("data/weights/", "model_weights_config.json", false);
    read_tensors("data/constants/", "model_constants_config.json", true);
  } catch (const json::exception& error) {
    fail(Fault::input_file, "{}: its tensors are not told as torch.export tells them: {}", source,
         error.what());
  }
}

const ZipEntry* Pt2Archive::member(const std::string& name) const {
  const auto found = std::ranges::find(zip_.entries(), root_ + name, &ZipEntry::name);
  return found == zip_.entries().end() ? nullptr : &*found;
}

std::string Pt2Archive::program() const {
  for (const ZipEntry& entry : zip_.entries())
    if (entry.name.starts_with(root_ + std::string(kModelFolder)) && entry.name.ends_with(".json"))
      return std::string(zip_.read(entry, kMostJson).text());
  invariant(false, "an archive of torch.export lost its program");
  return {};
}

void Pt2Archive::read_tensors(const std::string& folder, const std::string& list, bool constant) {
  const ZipEntry* entry = member(folder + list);
  if (!entry) return;  // a program without tensors
  const json text = parse_strict_json(zip_.read(*entry, kMostJson).text(),
                                      quote_path(path()) + ": its member " + quote_path(entry->name));
  for (const auto& [name, told] : text.at("config").items()) add_tensor(folder, name, told, constant);
}

void Pt2Archive::add_tensor(const std::string& folder, const std::string& name, const json& entry,
                            bool constant) {
  const std::string source = quote_path(path()) + ": its tensor " + safetensors_name_text(name);
  if (entry.value("use_pickle", false)) {
    refused_.emplace(name, "a tensor of a Python class");
    return;
  }
  const json& meta = entry.at("tensor_meta");
  const std::optional<DType> dtype = dtype_of_pt2(meta.at("dtype").get<std::int64_t>());
  if (!dtype) {
    refused_.emplace(name, fmt::format("a tensor of PyTorch's type number {}", meta.at("dtype").dump()));
    return;
  }
  Pt2Tensor tensor{.parameter = entry.value("is_param", false), .constant = constant};
  tensor.view = {.name = name,
                 .dtype = element_type(*dtype),
                 .shape = sizes_told(meta.at("sizes")),
                 .strides = sizes_told(meta.at("strides")),
                 .offset = size_told(meta.at("storage_offset"))};
  const auto negative = [](std::int64_t number) { return number < 0; };
  const PtTensor& view = tensor.view;
  const bool sound = view.shape.size() == view.strides.size() && view.shape.size() <= kMostPt2Rank &&
                     view.offset >= 0 && std::ranges::none_of(view.shape, negative) &&
                     std::ranges::none_of(view.strides, negative);
  const std::string file = entry.at("path_name").get<std::string>();
  const ZipEntry* storage = member(folder + file);
  check(storage != nullptr, Fault::input_file, "{} lies in {}, which is not there", source, quote_path(file));
  check(sound && lies_within(view, storage->bytes) && view.bytes() <= storage->bytes, Fault::input_file,
        "{} does not lie in its storage of {} bytes", source, storage->bytes);
  tensor.place = static_cast<std::size_t>(storage - zip_.entries().data());
  tensors_.push_back(std::move(tensor));
}

void Pt2Archive::read(const Pt2Tensor& tensor, std::span<std::byte> into) const {
  invariant(into.size() == tensor.view.bytes(), "a tensor read into room of another size");
  const ZipEntry& entry = zip_.entries()[tensor.place];
  const std::size_t begin =
      static_cast<std::size_t>(tensor.view.offset) * static_cast<std::size_t>(tensor.view.dtype.bits / 8);
  if (into.empty()) return;
  if (tensor.view.contiguous() && !entry.deflated) return zip_.read_stored(entry, begin, into);
  gather_rows(tensor.view, zip_.read(entry).span(), 0, into);
}

}  // namespace orrery
