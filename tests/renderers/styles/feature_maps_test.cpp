#include "renderers/styles/feature_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "renderers/fonts.h"
#include "renderers/stages/stage_marks.h"
#include "renderers/styles/face_image.h"
#include "renderers/styles/lenet_planes.h"
#include "runtime/core/error.h"
#include "tests/renderers/example_graphs.h"

namespace orrery {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Picture picture_of(const Graph& graph, const FeatureMapOptions& options) {
  Fonts fonts;
  return draw_feature_maps(make_diagram(graph, {}), graph, Theme(), fonts, options);
}

std::vector<std::string> texts_of(const Picture& picture) {
  std::vector<std::string> texts;
  for (const PictureText& text : picture.texts) texts.push_back(text.text);
  return texts;
}

int count_of(const Picture& picture, PictureLine::Kind kind) {
  return static_cast<int>(std::count_if(picture.lines.begin(), picture.lines.end(),
                                        [&](const auto& one) { return one.kind == kind; }));
}

TEST(LenetStyleTest, SidesGoFromTwentyToAHundredAndFiftyUnits) {
  const LenetScale scale({.extent = 100, .channels = 64}, 1);
  const auto side = [&](double extent) {
    FeatureMap map{.kind = FeatureMap::Kind::image, .sizes = {extent, 100}};
    return scale.stack(map).height / scale.stack(map).width * 150;
  };
  EXPECT_NEAR(side(100), 150, 1e-9);
  EXPECT_NEAR(side(50), 85, 1e-9);
  EXPECT_NEAR(side(1), 21.3, 1e-9);
}

TEST(LenetStyleTest, ThereAreChannelsByTheirLogarithmPlanes) {
  const auto planes = [](double most, double channels) {
    FeatureMap map{.kind = FeatureMap::Kind::image, .channels = channels, .sizes = {8, 8}};
    return LenetScale({.channels = most}, 1).stack(map).count;
  };
  EXPECT_EQ(planes(16, 16), 6);
  EXPECT_EQ(planes(16, 6), 2);
  EXPECT_EQ(planes(16, 1), 1);
  EXPECT_EQ(planes(2048, 2048), 10);
  EXPECT_EQ(planes(2048, 1024), 5);
}

TEST(LenetStyleTest, TellsMapsKernelsAndFeatures) {
  const Picture picture = picture_of(*test::digits(), {.style = "lenet"});
  for (const char* text : {"16 @ 8×8", "3×3 conv", "2×2 max pool", "linear 256 → 10", "ReLU"})
    EXPECT_THAT(texts_of(picture), Contains(text));
  EXPECT_EQ(count_of(picture, PictureLine::Kind::guide), 4);
}

TEST(VolumeStyleTest, ConvolutionsOfOneSizeTouch) {
  const Picture picture = picture_of(*test::chain(6), {.style = "volume"});
  EXPECT_EQ(picture.lines.size(), 1);
  EXPECT_THAT(texts_of(picture), Contains("3 × 3×3 conv"));
}

TEST(VolumeStyleTest, TellsChannelsAndSizes) {
  const Picture picture = picture_of(*test::unet(), {.style = "volume"});
  for (const char* text : {"64", "32", "256", "concatenation", "pooling"})
    EXPECT_THAT(texts_of(picture), Contains(text));
}

TEST(VolumeStyleTest, LeadsSkipsOverTheTops) {
  const Picture picture = picture_of(*test::resnet18(), {.style = "volume"});
  EXPECT_GE(count_of(picture, PictureLine::Kind::skip), 1);
}

TEST(FeatureMapStylesTest, OneKindNeedsNoLegendUnlessItIsAskedFor) {
  test::Sketcher s;
  s.conv(s.input({{"image", {4, 16, 16}}})[0], 4, 4, 3, 1);
  EXPECT_THAT(texts_of(picture_of(*s.graph, {.style = "volume"})), Not(Contains("convolution")));
  EXPECT_THAT(texts_of(picture_of(*s.graph, {.style = "volume", .legend = true})), Contains("convolution"));
  const Picture bare = picture_of(*test::digits(), {.style = "volume", .legend = false});
  EXPECT_THAT(texts_of(bare), Not(Contains("convolution")));
}

TEST(FeatureMapStylesTest, APageMakesShapesSmallerBeforeItIsTooNarrow) {
  for (const char* style : {"lenet", "volume"}) {
    EXPECT_EQ(picture_of(*test::digits(), {.style = style, .width = 600}).size.width, 600);
    EXPECT_LE(picture_of(*test::resnet18(), {.style = style, .width = 400}).size.width, 400 * 6.5 / 6);
    try {
      picture_of(*test::dense_block(8), {.style = style, .width = 40});
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::usage);
      EXPECT_THAT(error.what(), HasSubstr("does not fit a page of 14 mm with text of 6 points: it needs"));
      EXPECT_THAT(error.remedy(), HasSubstr("Fold blocks (depth)"));
    }
  }
}

Picture picture_of(const Graph& graph, const DiagramOptions& what, const FeatureMapOptions& options) {
  Fonts fonts;
  return draw_feature_maps(make_diagram(graph, what), graph, Theme(), fonts, options);
}

TEST(FeatureMapStylesTest, AnOverlayColoursWhatItKnows) {
  const auto graph = test::digits();
  Overlay overlay{.title = "t", .unit = "s", .numbers = true};
  for (const auto& node : graph->nodes())
    if (node->operation() == "Conv2d") overlay.nodes[node->path()] = 0.25;
  ASSERT_FALSE(overlay.nodes.empty());
  for (const char* style : {"lenet", "volume"}) {
    const Picture picture = picture_of(*graph, {.overlay = overlay}, {.style = style});
    const Color hot = Theme().heat_at(1);
    EXPECT_TRUE(std::any_of(picture.shapes.begin(), picture.shapes.end(), [&](const PictureShape& shape) {
      return shape.fill == hot;
    })) << style;
    EXPECT_THAT(texts_of(picture), Contains("250 ms"));
    EXPECT_THAT(texts_of(picture), Not(Contains("convolution"))) << "the kinds have no colours";
  }
}

TEST(FeatureMapStylesTest, FusedBandsAreTold) {
  const auto graph = test::digits();
  for (const char* style : {"lenet", "volume"})
    EXPECT_THAT(texts_of(picture_of(*graph, {.fuse = true}, {.style = style})), Contains(HasSubstr("ReLU")));
  const auto shapes = [&](bool fuse) {
    return picture_of(*graph, {.fuse = fuse}, {.style = "volume", .legend = false}).shapes.size();
  };
  EXPECT_LT(shapes(true), shapes(false));
}

TEST(FeatureMapStylesTest, FindingsShowInOutlinesAndByTheirCodes) {
  const auto graph = test::digits();
  std::string path;
  for (const auto& node : graph->nodes())
    if (node->operation() == "Conv2d") path = node->path();
  Finding about = test::finding("shape-mismatch", path);
  about.port = 0;
  for (const char* style : {"lenet", "volume"}) {
    const Picture picture = picture_of(*graph, {.findings = {about}}, {.style = style});
    EXPECT_THAT(texts_of(picture), Contains("shape-mismatch"));
    EXPECT_TRUE(std::any_of(picture.shapes.begin(), picture.shapes.end(), [](const PictureShape& shape) {
      return shape.stroke && shape.stroke->color == Theme().error;
    }));
    // Kernels lead from map to map in the style `lenet`, no lines.
    const auto is_faulty = [](const PictureLine& line) { return line.faulty; };
    EXPECT_EQ(std::any_of(picture.lines.begin(), picture.lines.end(), is_faulty),
              std::string(style) == "volume");
  }
}

Image image_of(std::int64_t width, std::int64_t height, int red, int green, int blue) {
  Image image{width, height, 3, Bytes(static_cast<size_t>(width * height * 3))};
  for (std::int64_t i = 0; i < width * height; ++i) {
    image.pixels.data()[3 * i] = std::byte(red);
    image.pixels.data()[3 * i + 1] = std::byte(green);
    image.pixels.data()[3 * i + 2] = std::byte(blue);
  }
  return image;
}

TEST(FaceImageTest, TheMiddleIsTakenInTheMapsProportions) {
  const FeatureMap map{.kind = FeatureMap::Kind::image, .channels = 3, .sizes = {10, 20}};
  const auto raster = face_image(image_of(100, 100, 1, 2, 3), map);
  EXPECT_EQ(raster->width, 100);
  EXPECT_EQ(raster->height, 50);
  EXPECT_EQ(raster->rgb[2], 3);
}

TEST(FaceImageTest, AMapOfOneChannelHasItGreyAndLargeOnesAreMadeSmall) {
  const FeatureMap map{.kind = FeatureMap::Kind::image, .channels = 1, .sizes = {8, 8}};
  const auto raster = face_image(image_of(400, 300, 255, 0, 0), map);
  EXPECT_EQ(raster->width, 160);
  EXPECT_EQ(raster->rgb[0], 76);
  EXPECT_EQ(raster->rgb[1], 76);
}

TEST(FeatureMapStylesTest, AnImageStandsOnTheFaceOfTheInput) {
  const Image image = image_of(8, 8, 200, 100, 0);
  for (const char* style : {"lenet", "volume"}) {
    const Picture picture = picture_of(*test::digits(), {.style = style, .image = &image});
    EXPECT_EQ(std::count_if(picture.shapes.begin(), picture.shapes.end(),
                            [](const PictureShape& shape) { return shape.image != nullptr; }),
              1);
  }
  test::Sketcher s;
  s.apply("relu", {s.input({{"x", {4}}})[0]});
  EXPECT_THROW(picture_of(*s.graph, {.style = "volume", .image = &image}), Error);
}

TEST(FeatureMapStylesTest, APageOfTwoExtentsIsKeptOrNothingIsDrawn) {
  Fonts fonts;
  const auto graph = test::unet();
  const Diagram diagram = make_diagram(*graph, {});
  const auto fitted = [&](double width, double height) {
    return fit_feature_maps(diagram, *graph, Theme(), fonts,
                            {.style = "volume", .width = width, .height = height});
  };
  const auto column = fitted(600, 700);
  ASSERT_TRUE(column);
  EXPECT_LE(column->size.width, 600 * 6.5 / 6);
  EXPECT_LE(column->size.height, 700 * 6.5 / 6);
  EXPECT_FALSE(fitted(60, 60));
}

TEST(FeatureMapStylesTest, DrawWhateverThereIs) {
  for (const char* style : {"lenet", "volume"})
    for (Direction direction : {Direction::south, Direction::east, Direction::north, Direction::west}) {
      for (const auto& graph : {test::entangled(), test::directions(), test::attention(2), test::inception()})
        EXPECT_GT(picture_of(*graph, {.style = style, .direction = direction}).size.width, 0);
      EXPECT_GT(picture_of(Graph("empty"), {.style = style, .direction = direction}).size.width, 0);
    }
}

}  // namespace
}  // namespace orrery
