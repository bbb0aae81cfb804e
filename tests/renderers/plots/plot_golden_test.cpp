#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/files/places.h"
#include "tests/renderers/plots/example_figures.h"

namespace orrery::plots {
namespace {

/// Compares a plot's geometry with what was looked at and found good. After a change that is meant,
/// ORRERY_UPDATE_GOLDENS=1 writes it anew; look at the plot before committing it.
void expect_golden_plot(const std::string& name, const Figure& figure) {
  const std::string path = in_source("tests/golden/plot_") + name + ".json";
  const std::string now = plot_json(figure);
  if (std::getenv("ORRERY_UPDATE_GOLDENS")) std::ofstream(path) << now;
  std::ifstream file(path);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(now, golden.str()) << path;
}

TEST(GoldenPlotTest, LossAndAccuracy) { expect_golden_plot("two_panels", test::two_panels()); }
TEST(GoldenPlotTest, BandsOnALogarithmicAxis) { expect_golden_plot("bands", test::bands()); }
TEST(GoldenPlotTest, SmoothedWithGaps) { expect_golden_plot("smoothed", test::smoothed_with_gaps()); }
TEST(GoldenPlotTest, LegendAbove) { expect_golden_plot("crowded", test::crowded()); }

}  // namespace
}  // namespace orrery::plots
