#include "tests/bench/options.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::bench {
namespace {

std::string family_of(const Figure& figure) { return figure.name.substr(0, figure.name.find('.')); }

bool means(const std::string& word, const Figure& figure) {
  return word == figure.name || word == family_of(figure);
}

void require_known(const std::string& word, const std::vector<Figure>& all) {
  std::vector<std::string> names;
  for (const Figure& figure : all) {
    if (means(word, figure)) return;
    names.push_back(figure.name);
    if (std::find(names.begin(), names.end(), family_of(figure)) == names.end())
      names.push_back(family_of(figure));
  }
  fail(Fault::usage, "there is no figure '{}'{}; --list lists them", word, did_you_mean(word, names));
}

std::vector<Figure> chosen(const std::vector<std::string>& words) {
  std::vector<Figure> figures = all_figures();
  for (const std::string& word : words) require_known(word, figures);
  if (words.empty()) return figures;
  std::erase_if(figures, [&](const Figure& figure) {
    return std::none_of(words.begin(), words.end(),
                        [&](const std::string& word) { return means(word, figure); });
  });
  return figures;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  static const std::vector<std::string> kKnown{"--json", "--check", "--list", "--help"};
  Options options;
  std::vector<std::string> words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--check")
      options.check = true;
    else if (word == "--list")
      options.list = true;
    else if (word == "--help" || word == "-h")
      options.help = true;
    else if (word.starts_with("--json="))
      options.json = word.substr(7);
    else if (word == "--json" && i + 1 < arguments.size())
      options.json = arguments[++i];
    else if (word == "--json")
      fail(Fault::usage, "--json needs a file");
    else if (word.starts_with("-"))
      fail(Fault::usage, "there is no option {}{}", word, did_you_mean(word, kKnown));
    else
      words.push_back(word);
  }
  options.figures = chosen(words);
  return options;
}

}  // namespace orrery::bench
