#include "runtime/formats/image_writer.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

Image ramp(std::int64_t width, std::int64_t height, std::int64_t channels) {
  Image image{.width = width,
              .height = height,
              .channels = channels,
              .pixels = Bytes(static_cast<std::size_t>(width * height * channels))};
  int value = 0;
  for (std::byte& to : image.pixels.span()) to = static_cast<std::byte>(value++ % 251);
  return image;
}

std::string text_of(const Image& image) {
  return {reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()};
}

TEST(ImageWriterTest, PngComesBackAsItWas) {
  const TemporaryFolder folder;
  for (const std::int64_t channels : {1, 3}) {
    const Image image = ramp(13, 7, channels);
    write_image(folder / "image.PNG", image);
    const Image back = read_image(folder / "image.PNG", channels == 1 ? ImageMode::grey : ImageMode::rgb);
    EXPECT_EQ(back.width, 13);
    EXPECT_EQ(back.height, 7);
    EXPECT_EQ(text_of(back), text_of(image));
  }
}

TEST(ImageWriterTest, JpegComesBackNearly) {
  const TemporaryFolder folder;
  Image image = ramp(16, 16, 1);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels.data()[i] = static_cast<std::byte>(8 * (i % 16) + i / 16);
  write_image(folder / "image.jpeg", image, 95);
  const Image back = read_image(folder / "image.jpeg", ImageMode::grey);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    EXPECT_NEAR(static_cast<int>(back.pixels.data()[i]), static_cast<int>(image.pixels.data()[i]), 4) << i;
  EXPECT_LT(encode_jpeg(ramp(64, 64, 3), 10).size(), encode_jpeg(ramp(64, 64, 3), 95).size());
}

TEST(ImageWriterTest, SaysWhatCannotBeWritten) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& path, const Image& image) {
    return error_of(Fault::usage, [&] { write_image(path, image); });
  };
  EXPECT_NE(refused("a.gif", ramp(2, 2, 3)).find("'a.gif': an image is written as .png, .jpg or .jpeg"),
            std::string::npos);
  EXPECT_NE(refused("a.png", ramp(0, 2, 3)).find("has no pixels (0×2)"), std::string::npos);
  EXPECT_NE(refused("a.jpg", ramp(65'501, 1, 1)).find("at most 65500 a side"), std::string::npos);
  write_image(folder / "a.png", ramp(65'501, 1, 1));
  EXPECT_TRUE(exists(folder / "a.png"));
  EXPECT_NE(refused("a.png", ramp(65'536, 1, 1)).find("at most 65535 a side"), std::string::npos);
  error_of(Fault::write, [&] { write_image(folder / "none/a.png", ramp(2, 2, 3)); });
}

}  // namespace
}  // namespace orrery
