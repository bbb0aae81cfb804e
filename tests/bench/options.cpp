#include "tests/bench/options.h"

#include <algorithm>
#include <set>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::bench {
namespace {

std::string family_of(const std::string& name) { return name.substr(0, name.find('.')); }

bool means(const std::string& word, const std::string& name) {
  return word == name || word == family_of(name);
}

/// Which of all that has names are meant: figures, and workloads.
class Choice {
 public:
  explicit Choice(const std::vector<std::string>& words) : words_(words) {}

  template <class Named>
  std::vector<Named> among(std::vector<Named> all) {
    for (const Named& one : all) known_.insert({one.name, family_of(one.name)});
    if (words_.empty()) return all;
    std::erase_if(all, [&](const Named& one) {
      return std::none_of(words_.begin(), words_.end(),
                          [&](const std::string& word) { return means(word, one.name); });
    });
    return all;
  }

  /// Of all that was chosen among.
  void require_known() const {
    for (const std::string& word : words_)
      if (!known_.contains(word))
        fail(Fault::usage, "there is no figure '{}'{}; --list lists them", word,
             did_you_mean(word, {known_.begin(), known_.end()}));
  }

 private:
  const std::vector<std::string>& words_;
  std::set<std::string> known_;
};

/// The words of the command line, one after the other.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& words) : words_(words) {}

  /// Goes on to the next word; false behind the last.
  bool next() { return ++at_ < static_cast<std::ptrdiff_t>(words_.size()); }
  const std::string& word() const { return words_[static_cast<size_t>(at_)]; }

  /// Whether the word is this option with a value, `--json FILE` or `--json=FILE`, which goes into `value`.
  bool takes(const std::string& option, const char* what, std::string& value) {
    if (word().starts_with(option + "=")) return value = word().substr(option.size() + 1), true;
    if (word() != option) return false;
    check(next(), Fault::usage, "{} needs {}", option, what);
    return value = word(), true;
  }
  /// Whether the word is this option, which goes into `flag`.
  bool is(const std::string& option, bool& flag) const { return word() == option && (flag = true); }

 private:
  const std::vector<std::string>& words_;
  std::ptrdiff_t at_ = -1;
};

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  static const std::vector<std::string> kKnown{"--json",  "--check",   "--list",  "--help",
                                               "--peers", "--compile", "--engine"};
  Options options;
  PeerOptions& of_peers = options.peer_options;
  std::vector<std::string> words;
  for (Reader reader(arguments); reader.next();) {
    if (reader.is("--check", options.check) || reader.is("--list", options.list) ||
        reader.is("--help", options.help) || reader.is("-h", options.help) ||
        reader.is("--peers", options.peers) || reader.is("--compile", of_peers.compile) ||
        reader.takes("--json", "a file", options.json) || reader.takes("--engine", "a name", of_peers.engine))
      continue;
    const std::string& word = reader.word();
    if (word.starts_with("-"))
      fail(Fault::usage, "there is no option {}{}", word, did_you_mean(word, kKnown));
    words.push_back(word);
  }
  check(options.peers || (!of_peers.compile && of_peers.engine.empty()), Fault::usage,
        "--compile and --engine are for --peers");
  Choice choice(words);
  if (options.peers) options.workloads = choice.among(all_workloads(of_peers));
  options.figures = choice.among(options.peers ? figures_beside_peers() : all_figures());
  choice.require_known();
  return options;
}

}  // namespace orrery::bench
