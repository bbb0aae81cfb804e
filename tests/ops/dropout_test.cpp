#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(DropoutTest, KeepsTheTypeAndItsProbabilityIsBounded) {
  for (const char* dropout : {"Dropout", "dropout", "AlphaDropout", "alpha_dropout"}) {
    EXPECT_EQ(infer(dropout, {floats({N, 3})}).outputs[0], floats({N, 3}));
    EXPECT_EQ(broken(dropout, {labels({N, 3})}).code, "integer-input");
    for (double p : {0.0, 1.0}) EXPECT_NO_THROW(infer(dropout, {floats({N})}, {{"p", p}}));
    EXPECT_EQ(error_of(Fault::usage,
                       [&] {
                         infer(dropout, {floats({N})}, {{"p", 1.5}});
                       }),
              "p must be a number between 0 and 1, got 1.5");
  }
}

// The least and the most dimensions of what drops whole channels.
struct Ranks {
  const char* layer;
  const char* method;
  size_t low, high;
};

TEST(DropoutTest, ChannelsWantTheirDimensions) {
  for (const Ranks& each : {Ranks{"Dropout1d", "dropout1d", 2, 3}, Ranks{"Dropout2d", "dropout2d", 3, 4},
                            Ranks{"Dropout3d", "dropout3d", 4, 5}})
    for (const char* name : {each.layer, each.method}) {
      for (size_t rank : {each.low, each.high})
        EXPECT_EQ(infer(name, {floats(Shape(rank, 2))}).shape(), Shape(rank, 2));
      for (size_t rank : {each.low - 1, each.high + 1}) broken(name, {floats(Shape(rank, 2))});
    }
  for (const char* name : {"FeatureAlphaDropout", "feature_alpha_dropout"}) {
    EXPECT_EQ(infer(name, {floats({N, 3})}).shape(), (Shape{N, 3}));
    broken(name, {floats({N})});
  }
}

TEST(DropoutTest, AFunctionIsToldWhetherItTrains) {
  for (const char* name : {"dropout", "dropout1d", "dropout2d", "dropout3d"})
    EXPECT_TRUE(Attributes(operations().get(name).attributes).boolean("training")) << name;
  for (const char* name : {"alpha_dropout", "feature_alpha_dropout"})
    EXPECT_FALSE(Attributes(operations().get(name).attributes).boolean("training")) << name;
}

}  // namespace
}  // namespace orrery
