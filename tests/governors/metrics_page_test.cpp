// docs/metrics.md tells of every metric and its options.
#include <gtest/gtest.h>

#include "runtime/governors/metric.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

const std::string& metrics_page() {
  static const std::string page = content_of(in_source("docs/metrics.md"));
  return page;
}

TEST(MetricsPageTest, NamesEveryMetricAndItsOptions) {
  for (const MetricKind& kind : metric_kinds()) {
    EXPECT_NE(metrics_page().find("| `" + kind.name + "` |"), std::string::npos) << kind.name;
    for (const Attribute& attribute : kind.attributes)
      EXPECT_NE(metrics_page().find("`" + attribute.name), std::string::npos) << attribute.name;
  }
}

}  // namespace
}  // namespace orrery
