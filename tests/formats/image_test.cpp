#include "runtime/formats/image.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <zlib.h>

#include "runtime/formats/npz.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/data/");
// Decoders of JPEG may round otherwise, by one here and there, and twice where colours are spread.
constexpr int kJpegDifference = 3;

std::string refusal(const std::string& content) {
  return error_of(Fault::input_file, [&] { parse_image(as_bytes(content), ImageMode::rgb, "'a.png'"); });
}

int largest_difference(const Image& image, const NpyArray& expected) {
  int largest = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<int>(image.pixels.data()[i]) -
                                         static_cast<int>(expected.values.data()[i])));
  return largest;
}

TEST(ImageTest, HasThePixelsThatPillowHas) {
  const NpzReader expected(kFixtures + "images.npz");
  ASSERT_GT(expected.arrays().size(), 20u);
  for (const NpzReader::Array& array : expected.arrays()) {
    const size_t dot = array.name.rfind('.');
    const std::string file = array.name.substr(0, dot);
    const ImageMode mode = array.name.substr(dot) == ".rgb" ? ImageMode::rgb : ImageMode::grey;
    const Image image = read_image(kFixtures + file, mode);
    EXPECT_EQ(image.height, array.header.dims[0]) << array.name;
    EXPECT_EQ(image.width, array.header.dims[1]) << array.name;
    EXPECT_EQ(image.channels, mode == ImageMode::rgb ? 3 : 1) << array.name;
    ASSERT_EQ(static_cast<std::int64_t>(image.pixels.size()), array.header.count()) << array.name;
    EXPECT_LE(largest_difference(image, expected.read(array)), file.ends_with(".jpg") ? kJpegDifference : 0)
        << array.name;
  }
}

TEST(ImageTest, HeaderAloneTellsTheSize) {
  for (const auto& [file, width, height] : {std::tuple("rgb.png", 9, 6),
                                            {"interlaced.png", 9, 6},
                                            {"rgb.jpg", 40, 24},
                                            {"turned.jpg", 40, 24},
                                            {"progressive.jpg", 40, 24},
                                            {"one.png", 1, 1}}) {
    const ImageHeader header = read_image_header(kFixtures + file);
    EXPECT_EQ(header.width, width) << file;
    EXPECT_EQ(header.height, height) << file;
  }
}

// Cameras put previews before the size.
TEST(ImageTest, ALongHeaderIsReadOn) {
  const TemporaryFolder folder;
  const std::string seed = content_of(kFixtures + "rgb.jpg");
  std::string padded = seed.substr(0, 2);
  for (int i = 0; i < 3; ++i) padded += std::string("\xFF\xE2\xFF\xFF", 4) + std::string(65533, 'x');
  const ImageHeader header = read_image_header(folder.put("a.jpg", padded + seed.substr(2)));
  EXPECT_EQ(header.width, 40);
}

TEST(ImageTest, AFileThatIsCutOffIsDamaged) {
  for (const char* file : {"rgb.png", "interlaced.png", "rgb.jpg", "progressive.jpg"}) {
    const std::string seed = content_of(kFixtures + file);
    for (const size_t length : {seed.size() / 2, seed.size() - 20})
      EXPECT_NE(refusal(seed.substr(0, length)).find("is damaged"), std::string::npos)
          << file << ' ' << length;
  }
}

// Of a photograph, whose profile and preview stand before its size; 10 bytes of a frame's header have it.
TEST(ImageTest, AJpegThatIsCutOffInItsHeaderIsToldSo) {
  const TemporaryFolder folder;
  const std::string seed = content_of(in_source("data/china.jpg"));
  constexpr size_t kFrame = 4054, kSizeEnds = kFrame + 10;
  for (const size_t length : {size_t{20}, size_t{3000}, kFrame, kSizeEnds - 1}) {
    const std::string start = seed.substr(0, length);
    EXPECT_EQ(refusal(start), "'a.png' is damaged: it ends inside its JPEG header") << length;
    const std::string path = folder.put("cut.jpg", start);
    EXPECT_EQ(error_of(Fault::input_file, [&] { read_image_header(path); }),
              "'" + path + "' is damaged: it ends inside its JPEG header");
  }
  const std::string path = folder.put("whole.jpg", seed.substr(0, kSizeEnds));
  EXPECT_EQ(read_image_header(path).width, 640);
  EXPECT_EQ(read_image_header(path).height, 427);
  EXPECT_EQ(refusal(seed.substr(0, kSizeEnds)).find("its JPEG header"), std::string::npos);
}

TEST(ImageTest, AWrongChecksumIsDamage) {
  std::string png = content_of(kFixtures + "rgb.png");
  png[png.find("IDAT") + 10] ^= 1;
  EXPECT_NE(refusal(png).find("is damaged"), std::string::npos);
}

TEST(ImageTest, NoPixelsAndTooManyAreRefused) {
  std::string png = content_of(kFixtures + "rgb.png");
  const auto sized = [&](const std::string& size) {
    std::string changed = png;
    changed.replace(16, 8, size);
    return refusal(changed);
  };
  EXPECT_NE(sized(std::string(8, '\0')).find("0×0 pixels"), std::string::npos);
  EXPECT_NE(
      sized(std::string("\0\0\xFF\xFF\0\0\xFF\xFF", 8)).find("65535×65535 pixels, more than the 178956970"),
      std::string::npos);
}

std::string png_number(std::uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift);
  return bytes;
}

std::string png_chunk(const std::string& kind, const std::string& data) {
  const std::string named = kind + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(named.data()), static_cast<uInt>(named.size()));
  return png_number(static_cast<std::uint32_t>(data.size())) + named +
         png_number(static_cast<std::uint32_t>(sum));
}

std::string png_frame(std::uint32_t number) {
  return png_chunk("fcTL", png_number(number) + png_number(9) + png_number(6) +
                               std::string("\0\0\0\0\0\0\0\0\0\1\0\12\0\0", 14));
}

// The same as the plain file has.
void expect_pixels_of_rgb(const std::string& png) {
  const Image plain = read_image(kFixtures + "rgb.png", ImageMode::rgb);
  const Image image = parse_image(as_bytes(png), ImageMode::rgb, "'a.png'");
  ASSERT_EQ(image.pixels.size(), plain.pixels.size());
  EXPECT_EQ(std::memcmp(image.pixels.data(), plain.pixels.data(), plain.pixels.size()), 0);
}

TEST(ImageTest, OfAnAnimationTheFirstPictureIsTaken) {
  const std::string png = content_of(kFixtures + "rgb.png");
  const size_t data = png.find("IDAT") - 4, end = png.find("IEND") - 4;
  const std::string pixels = png.substr(data + 8, end - data - 12);
  expect_pixels_of_rgb(png.substr(0, data) + png_chunk("acTL", png_number(2) + png_number(0)) + png_frame(0) +
                       png.substr(data, end - data) + png_frame(1) +
                       png_chunk("fdAT", png_number(2) + pixels) + png.substr(end));
}

TEST(ImageTest, AProfileThatInflatesToFarMoreIsPassedOver) {
  const std::string zeros(16 << 20, '\0');
  uLongf size = compressBound(zeros.size());
  std::string packed(size, '\0');
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>(zeros.data()), zeros.size()),
            Z_OK);
  const std::string png = content_of(kFixtures + "rgb.png");
  const size_t data = png.find("IDAT") - 4;
  expect_pixels_of_rgb(png.substr(0, data) +
                       png_chunk("iCCP", std::string("bomb\0\0", 6) + packed.substr(0, size)) +
                       png.substr(data));
}

TEST(ImageTest, OtherFilesAreNamed) {
  EXPECT_NE(refusal("").find("is no PNG or JPEG image but an empty file"), std::string::npos);
  EXPECT_NE(refusal("GIF89a").find("a file of unknown kind"), std::string::npos);
  EXPECT_NE(refusal("<!DOCTYPE html>").find("a web page"), std::string::npos);
}

TEST(ImageTest, EveryDamageIsToldOrHarmless) {
  for (const char* file : {"rgb.png", "palette.png", "interlaced.png", "grey.jpg"}) {
    accepted_mutations(content_of(kFixtures + file),
                       [](const std::string& bytes) { parse_image(as_bytes(bytes), ImageMode::rgb, "x"); });
  }
}

}  // namespace
}  // namespace orrery
