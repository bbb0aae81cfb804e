#include "runtime/history/run_name.h"

#include <algorithm>
#include <array>
#include <random>

#include "runtime/core/error.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr std::array<std::string_view, 64> kAdjectives{
    "agile",  "amber",  "ample",  "azure", "bold",   "brave",  "breezy",  "bright", "brisk",   "calm",
    "candid", "clear",  "clever", "coral", "cosmic", "crisp",  "curious", "daring", "deft",    "eager",
    "early",  "fair",   "fleet",  "fond",  "frank",  "fresh",  "gentle",  "glad",   "golden",  "grand",
    "happy",  "hardy",  "humble", "ivory", "jolly",  "keen",   "kind",    "lively", "loyal",   "lucid",
    "lucky",  "mellow", "merry",  "mild",  "modest", "neat",   "nimble",  "noble",  "patient", "plucky",
    "polar",  "proud",  "quick",  "quiet", "rapid",  "serene", "sharp",   "silver", "steady",  "stout",
    "sunny",  "swift",  "tidy",   "warm",
};

constexpr std::array<std::string_view, 64> kNouns{
    "badger", "beaver", "bison",   "bobcat",  "canary",  "caribou", "cobra", "comet",   "condor", "cougar",
    "coyote", "crane",  "cricket", "dingo",   "dolphin", "dragon",  "eagle", "egret",   "falcon", "ferret",
    "finch",  "fox",    "gecko",   "gibbon",  "hare",    "hawk",    "heron", "ibex",    "ibis",   "iguana",
    "jackal", "jaguar", "kestrel", "kiwi",    "koala",   "lark",    "lemur", "leopard", "lynx",   "magpie",
    "marlin", "marten", "mole",    "moose",   "newt",    "ocelot",  "orca",  "oriole",  "osprey", "otter",
    "owl",    "panda",  "parrot",  "pelican", "puffin",  "quail",   "raven", "robin",   "salmon", "seal",
    "stork",  "swan",   "tapir",   "toucan",
};

bool blank_or_control(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }

std::string fault_in(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
  if (name.empty()) return "is empty";
  if (name.size() > 100) return "is longer than 100 bytes";
  if (!is_plain_text(name)) return "is not UTF-8";
  if (std::any_of(name.begin(), name.end(), control)) return "holds a control character";
  if (blank_or_control(name.front()) || blank_or_control(name.back())) return "begins or ends with a blank";
  if (name.find_first_of("/~:") != name.npos) return "holds one of / ~ :";
  if (name.front() == '-' || name.front() == '.') return "begins with - or .";
  if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return "is only digits, which would be a run's id";
  }
  if (name == "last") return "means the newest run";
  return {};
}

}  // namespace

std::string make_run_name(std::uint64_t chance, std::int64_t number) {
  const std::string_view adjective = kAdjectives[chance % kAdjectives.size()];
  const std::string_view noun = kNouns[chance / kAdjectives.size() % kNouns.size()];
  return fmt::format("{}-{}-{}", adjective, noun, number);
}

std::string make_uid() {
  std::random_device device;
  std::string uid;
  for (int part = 0; part < 4; ++part) uid += fmt::format("{:08x}", device());
  return uid;
}

void check_run_name(std::string_view name) {
  const std::string fault = fault_in(name);
  if (fault.empty()) return;
  throw Error(Fault::usage, fmt::format("the run name '{}' {}", storable_text(name.substr(0, 120)), fault),
              {}, "Choose another name, or give none and one is made, such as brave-otter-12.");
}

}  // namespace orrery
