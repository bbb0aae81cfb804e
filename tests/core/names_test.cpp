#include "runtime/core/names.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(NamesTest, CountsEditsIgnoringCaseAndSwapsAsOne) {
  EXPECT_EQ(edit_distance("stride", "stride"), 0);
  EXPECT_EQ(edit_distance("Stride", "stride"), 0);
  EXPECT_EQ(edit_distance("strid", "stride"), 1);
  EXPECT_EQ(edit_distance("stirde", "stride"), 1);
  EXPECT_EQ(edit_distance("padding", "stride"), 6);
  EXPECT_EQ(edit_distance("", "abc"), 3);
}

TEST(NamesTest, SuggestsTheNearestNameOnlyWhenItIsNear) {
  const std::vector<std::string> options = {"stride", "padding", "dilation", "groups"};
  EXPECT_EQ(nearest("strde", options), "stride");
  EXPECT_EQ(nearest("paddding", options), "padding");
  EXPECT_EQ(nearest("zzzz", options), std::nullopt);
  EXPECT_EQ(nearest("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest("val_acc", {"val_loss", "val_accuracy"}), "val_accuracy");
  EXPECT_EQ(nearest("val", {"value_accuracy"}), "value_accuracy");
  EXPECT_EQ(nearest("va", {"value_accuracy"}), std::nullopt);
  EXPECT_EQ(did_you_mean("group", options), " (did you mean 'groups'?)");
  EXPECT_EQ(did_you_mean("colour", options), "");
}

TEST(NamesTest, DefaultNamesAreSnakeCase) {
  EXPECT_EQ(snake_case("Conv2d"), "conv2d");
  EXPECT_EQ(snake_case("CrossEntropyLoss"), "cross_entropy_loss");
  EXPECT_EQ(snake_case("MSELoss"), "mse_loss");
  EXPECT_EQ(snake_case("BatchNorm2d"), "batch_norm2d");
  EXPECT_EQ(snake_case("LSTM"), "lstm");
  EXPECT_EQ(snake_case("flatten"), "flatten");
}

TEST(NamesTest, ANameHasNoSlashNoControlCharacterAndAtMost200Bytes) {
  EXPECT_TRUE(valid_name("conv1"));
  EXPECT_TRUE(valid_name("0"));
  EXPECT_TRUE(valid_name("Kanäle"));
  EXPECT_TRUE(valid_name(std::string(200, 'a')));
  EXPECT_FALSE(valid_name(std::string(201, 'a')));
  EXPECT_FALSE(valid_name(""));
  EXPECT_FALSE(valid_name("a/b"));
  EXPECT_FALSE(valid_name("a\nb"));
  EXPECT_FALSE(valid_name(std::string("a\0b", 3)));
  EXPECT_FALSE(valid_name(" a"));
  EXPECT_FALSE(valid_name("a "));
}

}  // namespace
}  // namespace orrery
