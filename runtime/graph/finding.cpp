#include "runtime/graph/finding.h"

#include <algorithm>

namespace orrery {
namespace {

std::string text_of(const Finding& finding, const std::string& mark) {
  std::string text = finding.site.known() ? finding.site.str() + ": " : "";
  text += mark + finding.message;
  if (!finding.remedy.empty()) text += "\n  " + finding.remedy;
  return text;
}

bool is_error(const Finding& finding) { return finding.severity == Severity::error; }

// Errors first, so that the first line tells why the graph was refused.
std::string text_of_all(const std::vector<Finding>& findings) {
  std::string errors, warnings;
  for (const Finding& finding : findings) {
    std::string& text = is_error(finding) ? errors : warnings;
    text += (text.empty() ? "" : "\n") + text_of(finding, is_error(finding) ? "" : "warning: ");
  }
  return errors + (errors.empty() || warnings.empty() ? "" : "\n") + warnings;
}

// A single finding keeps its parts, so that `site()` and `remedy()` of the error tell them.
Error error_of(const std::vector<Finding>& findings) {
  invariant(!findings.empty(), "a check failed without a finding");
  if (findings.size() > 1) return Error(Fault::check, text_of_all(findings));
  return Error(Fault::check, findings[0].message, findings[0].site, findings[0].remedy);
}

}  // namespace

std::string Finding::str() const { return text_of(*this, ""); }

CheckError::CheckError(std::vector<Finding> findings)
    : Error(error_of(findings)), findings_(std::move(findings)) {}

void throw_if_broken(const std::vector<Finding>& findings) {
  if (std::any_of(findings.begin(), findings.end(), is_error)) throw CheckError(findings);
}

}  // namespace orrery
