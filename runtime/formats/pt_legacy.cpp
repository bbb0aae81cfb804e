#include "runtime/formats/pt_legacy.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "runtime/core/error.h"
#include "runtime/formats/safetensors_sax.h"

namespace orrery {
namespace {

// PROTO 2, LONG1 of 10 bytes: 0x1950a86a20f9469cfc6c, STOP.
constexpr std::array<unsigned char, 15> kLegacyMagic{0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                                     0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
constexpr std::int64_t kLegacyProtocol = 1001;
constexpr std::uint64_t kFirstWindow = 1 << 20;

class LegacyReader {
 public:
  LegacyReader(const InputFile& file, const std::string& source) : file_(file), source_(source) {}

  PtTree read() {
    at_ = kLegacyMagic.size();
    const Pickle protocol = next_pickle();
    const bool known = protocol.kind(protocol.root()) == PickleKind::integer &&
                       protocol.integer(protocol.root()) == kLegacyProtocol;
    check(known, Fault::input_file, "{} is damaged: its protocol is not {}", source_, kLegacyProtocol);
    check_byte_order(next_pickle());
    PtTree tree = read_pt_tree(next_pickle(), source_);
    place_storages(next_pickle(), tree);
    return tree;
  }

 private:
  // Where a pickle ends is known when it was read: it is tried with ever longer parts of the file.
  Pickle next_pickle() {
    const std::uint64_t most = std::min(file_.size() - at_, PickleLimits{}.bytes);
    for (std::uint64_t size = std::min(kFirstWindow, most);; size = std::min(size * 8, most)) {
      Bytes part(static_cast<std::size_t>(size));
      file_.read(at_, part.span());
      try {
        Pickle pickle = read_pickle(std::move(part), source_, at_);
        at_ += pickle.end();
        return pickle;
      } catch (const PickleCut&) {
        check(size < most, Fault::input_file, "{} is damaged: it ends inside its pickle, at byte {}", source_,
              at_ + size);
      }
    }
  }

  void check_byte_order(const Pickle& facts) const {
    check(facts.kind(facts.root()) == PickleKind::dict, Fault::input_file,
          "{} is damaged: it does not tell of the machine that wrote it", source_);
    const auto items = facts.items(facts.root());
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const bool order = facts.kind(items[i]) == PickleKind::text && facts.text(items[i]) == "little_endian";
      const bool little =
          !order || (facts.kind(items[i + 1]) == PickleKind::boolean && facts.integer(items[i + 1]) != 0);
      check(little, Fault::input_file,
            "{} was written by a machine whose highest byte comes first, which is not read", source_);
    }
  }

  // For each key, in the order of the list: the number of elements, then they themselves.
  void place_storages(const Pickle& keys, PtTree& tree) {
    check(keys.kind(keys.root()) == PickleKind::list, Fault::input_file,
          "{} is damaged: it does not list its storages", source_);
    std::unordered_map<std::string, PtStorage*> storages;
    for (PtStorage& storage : tree.storages) storages[storage.key] = &storage;
    for (const Pickle::Id key : keys.items(keys.root())) {
      const std::string name = keys.kind(key) == PickleKind::text ? std::string(keys.text(key)) : "";
      const auto found = storages.find(name);
      check(found != storages.end() && found->second->place == 0, Fault::input_file,
            "{} is damaged: it lists the storage {}, which no tensor has or which is listed before", source_,
            safetensors_name_text(name));
      place(*found->second);
    }
    for (const PtStorage& storage : tree.storages)
      check(storage.place != 0, Fault::input_file, "{} is damaged: its storage {} is missing", source_,
            safetensors_name_text(storage.key));
  }

  void place(PtStorage& storage) {
    const std::string name = safetensors_name_text(storage.key);
    check(file_.size() - at_ >= 8, Fault::input_file, "{} is damaged: it ends before its storage {}", source_,
          name);
    std::array<std::byte, 8> bytes{};
    file_.read(at_, bytes);
    std::uint64_t count = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) count = count << 8 | static_cast<unsigned>(bytes[i]);
    const std::uint64_t expected = storage.bytes / static_cast<std::uint64_t>(storage.dtype.bits / 8);
    check(count == expected, Fault::input_file,
          "{} is damaged: its storage {} has {} elements, but the tensors tell of {}", source_, name, count,
          expected);
    storage.place = at_ + 8;
    check(storage.bytes <= file_.size() - storage.place, Fault::input_file,
          "{} is damaged: it ends inside its storage {} ({} bytes are needed, {} are there)", source_, name,
          storage.bytes, file_.size() - storage.place);
    at_ = storage.place + storage.bytes;
  }

  const InputFile& file_;
  const std::string& source_;
  std::uint64_t at_ = 0;
};

}  // namespace

bool is_legacy_pt(std::span<const std::byte> start) {
  return start.size() >= kLegacyMagic.size() &&
         std::equal(kLegacyMagic.begin(), kLegacyMagic.end(), start.begin(),
                    [](unsigned char a, std::byte b) { return a == static_cast<unsigned char>(b); });
}

PtTree read_legacy_pt(const InputFile& file, const std::string& source) {
  return LegacyReader(file, source).read();
}

}  // namespace orrery
