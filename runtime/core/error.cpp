#include "runtime/core/error.h"

namespace orrery {
namespace {

std::string compose(const std::string& message, const SourceSite& site, const std::string& remedy) {
  std::string text = site.known() ? site.str() + ": " + message : message;
  if (!remedy.empty()) text += "\n  " + remedy;
  return text;
}

}  // namespace

Error::Error(Fault fault, const std::string& message, SourceSite site, const std::string& remedy)
    : std::runtime_error(compose(message, site, remedy)),
      fault_(fault),
      site_(std::move(site)),
      message_(message),
      remedy_(remedy) {}

InvariantFailure::InvariantFailure(const std::string& message, std::source_location where)
    : std::logic_error(
          fmt::format("internal error in Orrery ({}:{}): {}\n  Please report this with your script.",
                      where.file_name(), where.line(), message)) {}

}  // namespace orrery
