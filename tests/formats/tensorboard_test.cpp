#include "runtime/formats/tensorboard.h"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char each : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(each));
  return text;
}

// The record that tells the version: 24 bytes of data.
constexpr std::size_t kFirst = 8 + 4 + 24 + 4;

std::string record_of(const TensorboardEvent& event) {
  return tensorboard_file(1'700'000'000, {&event, 1}).substr(kFirst);
}

// The data of a record, without length and checksums.
std::string data_of(const TensorboardEvent& event) {
  const std::string record = record_of(event);
  return record.substr(12, record.size() - 16);
}

TEST(TensorboardTest, ChecksumsAreThoseOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

// Read back by TensorBoard 2.21 (scripts/dev/check_exports.py reads such files in full tests).
TEST(TensorboardTest, AScalarIsWrittenToTheBit) {
  const TensorboardEvent event{1'700'000'001.5, 1, "train_loss", 0.5F};
  EXPECT_EQ(hex(tensorboard_file(1'700'000'000, {&event, 1})),
            "1800000000000000a37f4b22"
            "0900000040fc54d9411a0d627261696e2e4576656e743a32"
            "eced8f9d"
            "200000000000000029eda950"
            "0900006040fc54d94110012a130a110a0a747261696e5f6c6f7373150000003f"
            "267fb741");
}

TEST(TensorboardTest, StepsMayBeLargeAndNegative) {
  EXPECT_NE(hex(data_of({0, 300, "a", 1.0F})).find("10ac02"), std::string::npos);
  EXPECT_NE(hex(data_of({0, -1, "a", 1.0F})).find("10ffffffffffffffffff01"), std::string::npos);
}

TEST(TensorboardTest, NumbersThatAreNotFiniteAreKept) {
  EXPECT_NE(hex(data_of({0, 0, "a", INFINITY})).find("150000807f"), std::string::npos);
  EXPECT_NE(hex(data_of({0, 0, "a", -INFINITY})).find("15000080ff"), std::string::npos);
  EXPECT_NE(hex(data_of({0, 0, "a", NAN})).find("150000c07f"), std::string::npos);
}

TEST(TensorboardTest, ATextIsATensorOfOneStringOfTheTextPlugin) {
  const std::string data = data_of({0, 0, "t", TensorboardEvent::Text{"hi"}});
  // tensor { dtype: DT_STRING, tensor_shape { dim { size: 1 } }, string_val: "hi" }
  EXPECT_NE(hex(data).find("420c"
                           "0807"
                           "1204"
                           "12020801"
                           "42026869"),
            std::string::npos)
      << hex(data);
  // metadata { plugin_data { plugin_name: "text" } }
  EXPECT_NE(hex(data).find("4a08"
                           "0a06"
                           "0a0474657874"),
            std::string::npos)
      << hex(data);
}

TEST(TensorboardTest, APictureHasItsSizeAndBytes) {
  const std::string data = data_of({0, 0, "p", TensorboardEvent::Picture{4, 3, "PNG"}});
  EXPECT_NE(hex(data).find("220b"
                           "0803"
                           "1004"
                           "1803"
                           "2203504e47"),
            std::string::npos)
      << hex(data);
}

TEST(TensorboardTest, AFileWithoutEventsStillTellsItsVersion) {
  const std::string file = tensorboard_file(1'700'000'000, {});
  EXPECT_EQ(file.size(), kFirst);
  EXPECT_NE(file.find("brain.Event:2"), std::string::npos);
}

}  // namespace
}  // namespace orrery
