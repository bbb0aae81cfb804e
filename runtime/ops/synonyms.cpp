#include "runtime/ops/families.h"

namespace orrery {
namespace {

struct Synonym {
  const char* name;
  const char* synonym;
};

constexpr Synonym kSynonyms[] = {
    {"acos", "arccos"},
    {"acosh", "arccosh"},
    {"asin", "arcsin"},
    {"asinh", "arcsinh"},
    {"atan", "arctan"},
    {"atan2", "arctan2"},
    {"atanh", "arctanh"},
    {"clamp", "clip"},
    {"div", "divide"},
    {"ge", "greater_equal"},
    {"gt", "greater"},
    {"le", "less_equal"},
    {"linalg_cholesky", "cholesky"},
    {"linalg_det", "det"},
    {"linalg_inv", "inverse"},
    {"linalg_matrix_exp", "matrix_exp"},
    {"linalg_slogdet", "slogdet"},
    {"lt", "less"},
    {"mul", "multiply"},
    {"ne", "not_equal"},
    {"neg", "negative"},
    {"sub", "subtract"},
    {"trunc", "fix"},
};

}  // namespace

void add_synonyms(Registry& registry) {
  for (const auto& [name, synonym] : kSynonyms) registry.add_synonym(name, synonym);
}

}  // namespace orrery
