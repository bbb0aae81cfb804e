#include "runtime/engine/training/numbered_name.h"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

const std::regex& replacement_field() {
  static const std::regex pattern(R"(\{([^{}:]*)(?::(\.[0-9]+[efg]|0?[0-9]*d))?\})");
  return pattern;
}

std::string written(double value, const std::string& form) {
  if (form.ends_with('d'))
    return fmt::format(fmt::runtime("{:" + form + "}"), static_cast<std::int64_t>(value));
  return fmt::format(fmt::runtime("{:" + (form.empty() ? ".4g" : form) + "}"), value);
}

}  // namespace

std::vector<std::string> NumberedName::names() const {
  std::vector<std::string> names;
  for (std::sregex_iterator each(pattern_.begin(), pattern_.end(), replacement_field()), end; each != end;
       ++each)
    names.push_back((*each)[1].str());
  return names;
}

void NumberedName::check_names(const std::string& what, const std::vector<std::string>& known) const {
  for (const std::string& name : names())
    check(std::ranges::find(known, name) != known.end(), Fault::usage,
          "{} asks for {{{}}}, which nobody follows{}", what, name, did_you_mean(name, known));
}

std::string NumberedName::with(const std::vector<NamedNumber>& numbers) const {
  std::string name;
  std::size_t end = 0;
  for (std::sregex_iterator each(pattern_.begin(), pattern_.end(), replacement_field()), last; each != last;
       ++each) {
    const auto number = std::ranges::find(numbers, (*each)[1].str(), &NamedNumber::name);
    const auto at = static_cast<std::size_t>(each->position());
    name += pattern_.substr(end, at - end);
    name += number == numbers.end() ? "none" : written(number->value, (*each)[2].str());
    end = at + static_cast<std::size_t>(each->length());
  }
  return name + pattern_.substr(end);
}

}  // namespace orrery
