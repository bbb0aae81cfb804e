#include "runtime/engine/training/predictions.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/training/tensor_statistics.h"
#include "runtime/files/paths.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::Experiment;
using testing::whole;

// Two batches of the same rows into one file of a path.
std::string written(const std::string& path, const at::Tensor& values, Result::Scores scores,
                    const std::vector<std::string>& classes = {}) {
  Experiment experiment;
  const auto source = Experiment::data(at::zeros({4, 1}), at::zeros({4}), {{"batch", whole(2)}});
  const auto fields = experiment.feed(source);
  PredictionFile file(path, {{"out", fields[0], scores}}, classes, *source);
  file.add({{values}, 0, 2, 4});
  file.add({{values}, 2, 2, 4});
  file.commit();
  return content_of(path);
}

TEST(PredictionsTest, ClassesAreTheLikelyFirst) {
  const at::Tensor logits = at::tensor({0.0, 1.0, 3.0, 2.0, 0.0, 0.0}).view({2, 3});
  const auto rows = likely_classes(logits, Result::Scores::logits, {"a", "b", "c"}, 2);
  ASSERT_EQ(rows.size(), 2u);
  ASSERT_EQ(rows[0].size(), 2u);
  EXPECT_EQ(rows[0][0].name, "c");
  EXPECT_EQ(rows[0][1].index, 1);
  EXPECT_NEAR(rows[0][0].probability, 0.8437947, 1e-6);
  EXPECT_EQ(likely_classes(logits, Result::Scores::logits, {}, 9)[1][0].name, "0");
  EXPECT_EQ(likely_classes(logits, Result::Scores::logits, {}, 9)[1].size(), 3u);
  const auto sure = likely_classes(logits.log(), Result::Scores::log_probabilities, {}, 1);
  EXPECT_NEAR(sure[0][0].probability, 3, 1e-9);
  EXPECT_EQ(likely_classes(logits, Result::Scores::probabilities, {}, 1)[1][0].probability, 2);
}

TEST(PredictionsTest, NumbersHaveAColumnEach) {
  const TemporaryFolder folder;
  const at::Tensor values = at::tensor({0.1f, 2.0f, std::numeric_limits<float>::quiet_NaN(), -1e-7f});
  EXPECT_EQ(written(folder / "a.csv", values.view({2, 2}), Result::Scores::none),
            "index,out_0,out_1\n0,0.1,2\n1,nan,-1e-07\n2,0.1,2\n3,nan,-1e-07\n");
  EXPECT_EQ(written(folder / "a.jsonl", values.view({2, 1, 2}), Result::Scores::none),
            "{\"index\":0,\"out\":[[0.1,2]]}\n{\"index\":1,\"out\":[[null,-1e-07]]}\n"
            "{\"index\":2,\"out\":[[0.1,2]]}\n{\"index\":3,\"out\":[[null,-1e-07]]}\n");
  EXPECT_EQ(written(folder / "b.csv", at::tensor({7, 8}, at::kLong), Result::Scores::none),
            "index,out\n0,7\n1,8\n2,7\n3,8\n");
}

TEST(PredictionsTest, ComplexNumbersKeepTheirImaginaryPart) {
  const TemporaryFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor values =
      at::complex(at::tensor({0.5f, 0.0f, -1.0f, nan}), at::tensor({2.0f, -1e-7f, 0.0f, 1.0f})).view({2, 2});
  const auto lines = [](const std::string& text) { return text.substr(0, text.find("\n2")); };
  EXPECT_EQ(lines(written(folder / "a.csv", values, Result::Scores::none)),
            "index,out_0,out_1\n0,(0.5+2j),(0-1e-07j)\n1,(-1+0j),(nan+1j)");
  EXPECT_EQ(lines(written(folder / "b.csv", values.conj(), Result::Scores::none)),
            "index,out_0,out_1\n0,(0.5-2j),(0+1e-07j)\n1,(-1-0j),(nan-1j)");
  EXPECT_EQ(written(folder / "a.jsonl", values.to(at::kComplexDouble).narrow(1, 0, 1), Result::Scores::none),
            "{\"index\":0,\"out\":[[0.5,2]]}\n{\"index\":1,\"out\":[[-1,0]]}\n"
            "{\"index\":2,\"out\":[[0.5,2]]}\n{\"index\":3,\"out\":[[-1,0]]}\n");
}

TEST(PredictionsTest, NumPyFilesHaveTheWholeCountInTheirHeader) {
  const TemporaryFolder folder;
  const std::string content =
      written(folder / "a.npy", at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2}), Result::Scores::none);
  EXPECT_NE(content.find("'shape': (4, 2)"), std::string::npos);
  EXPECT_EQ(content.size(), 128u + 4 * 2 * 4);
}

TEST(PredictionsTest, NothingStandsThereBeforeTheEnd) {
  const TemporaryFolder folder;
  Experiment experiment;
  const auto source = Experiment::data(at::zeros({4, 1}), at::zeros({4}), {{"batch", whole(2)}});
  const auto fields = experiment.feed(source);
  {
    PredictionFile file(folder / "a.csv", {{"out", fields[0]}}, {}, *source);
    file.add({{at::zeros({2, 1})}, 0, 2, 4});
    EXPECT_EQ(error_of(Fault::run, [&] { file.commit(); }),
              "the data gave 2 samples, and said that they have 4");
    error_of(Fault::usage, [&] { file.add({{at::zeros({1, 1})}, 2, 2, 4}); });
  }
  EXPECT_FALSE(exists(folder / "a.csv"));
}

TEST(TensorStatisticsTest, CountWhatIsNotFiniteAndLeaveItOut) {
  const double infinity = std::numeric_limits<double>::infinity();
  const TensorStatistics found = statistics_of(at::tensor({0.0, 2.0, 4.0, infinity}));
  EXPECT_EQ(found.count, 4);
  EXPECT_EQ(found.not_finite, 1);
  EXPECT_EQ(found.min, 0);
  EXPECT_EQ(found.max, 4);
  EXPECT_EQ(found.mean, 2);
  EXPECT_EQ(found.std, 2);
  EXPECT_EQ(found.zeros, 0.25);
  EXPECT_TRUE(std::isnan(statistics_of(at::zeros({0})).mean));
  EXPECT_EQ(statistics_of(at::tensor({1.0, 0.0}).to(at::kBool)).mean, 0.5);
}

}  // namespace
}  // namespace orrery
