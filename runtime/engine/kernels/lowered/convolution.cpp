#include "runtime/engine/kernels/cpu/convolution.h"

#include <memory>
#include <optional>

#include "runtime/engine/kernels/cpu/matrix_product.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

// Multiplications of one image that are worth a thread.
constexpr std::int64_t kMultipliedAlone = 1 << 19;
// Measured against oneDNN, on one and two threads (ratio of times, forward and backward): kernels of one
// place on maps of 64 numbers or more, image by image, 1.1-2.3 and 1.1-2.6; smaller or strided ones, all
// images side by side, 1.0-4 and 1.1-8. Maps that reach everywhere, from 16 images on, 1.0-7 and 1.1-10,
// since oneDNN multiplies their padding too and brings the weights into another order and back; of 4 images
// 0.5.
constexpr std::int64_t kOwnMap = 64, kImagesToSpread = 16, kImagesToShare = 8;

using ConvolutionSizes = std::vector<std::int64_t>;

// Padding of words stays what it is in numbers; none where one end would have more.
std::optional<std::int64_t> padding_of_axis(const Attributes& a, size_t axis, std::int64_t extent) {
  if (!a.is_text("padding")) return a.integers("padding")[axis];
  if (a.text("padding") == "valid") return 0;
  return extent % 2 == 1 ? std::optional((extent - 1) / 2) : std::nullopt;
}

// None for what has no form in two axes.
std::optional<cpu::Convolution> convolution_of(const Node& node, const ConvolutionSizes& input) {
  const Attributes& a = node.attributes();
  const ConvolutionSizes weight = values(node.layer()->parameter("weight")->shape);
  const size_t axes = weight.size() - 2;
  if (input.size() != weight.size() || a.integer("groups") != 1 || a.text("padding_mode") != "zeros")
    return std::nullopt;
  cpu::Convolution c{input[0], input[1], weight[0], {}, {}};
  bool points = true;
  for (size_t i = 0; i < axes; ++i) {
    const std::int64_t kernel = weight[i + 2], dilation = a.integers("dilation")[i];
    const auto padding = padding_of_axis(a, i, dilation * (kernel - 1) + 1);
    if (!padding) return std::nullopt;
    const cpu::WindowAxis axis{input[i + 2], kernel, a.integers("stride")[i], *padding, dilation};
    points = points && kernel == 1 && *padding == 0 && axis.stride == 1;
    if (axes - i <= 2) (axes - i == 2 ? c.rows : c.columns) = axis;
  }
  if (axes <= 2) return c;
  if (!points) return std::nullopt;
  c.rows = {};
  c.columns = {.in = count_of({input.begin() + 2, input.end()})};
  return c;
}

// On maps of one number it is a linear layer as it is.
bool is_of_points(const cpu::Convolution& c) {
  return c.taps() == 1 && c.rows.padding == 0 && c.columns.padding == 0 && c.in() > 1;
}

// The matrix has to be filled each time, and must not take much more memory than the weights.
bool is_worth_spreading(const cpu::Convolution& c) {
  const bool plain = c.out() == 1 && c.in() == c.taps();
  return (plain || (c.in() * c.out() <= 2 * c.taps() && c.images >= kImagesToSpread)) &&
         cpu::reaches_everywhere(c);
}

bool has_own_convolution(const LoweringQuestion& q) {
  if (count_of(q.sizes[0]) == 0) return false;
  const auto c = convolution_of(q.node, q.sizes[0]);
  return c && (is_of_points(*c) || is_worth_spreading(*c));
}

cpu::Convolution convolution_of(const Lowering& l) { return *convolution_of(l.node(), l.sizes()); }

// Where the gradient in front of the activation lies.
int gradient_before_activation(Lowering& l, std::int64_t count) {
  const int arrived = l.output_gradient();
  if (l.activation() == cpu::Activation::none) return arrived;
  const cpu::Activation activation = l.activation();
  const int y = l.output(), inner = l.may_overwrite_gradient() ? arrived : l.scratch(count);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        cpu::activation_backward<T>(activation, end - begin, at_place<T>(m, arrived) + begin,
                                    at_place<T>(m, y) + begin, at_place<T>(m, inner) + begin);
      });
    });
  });
  return inner;
}

void differentiate_map_bias(Lowering& l, const cpu::Convolution& c, int inner) {
  const GradientPlace of_bias = l.parameter_gradient("bias");
  if (!of_bias) return;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(c.outputs, things_alone(kNumbersAlone, c.images * c.out()),
                [=](std::int64_t begin, std::int64_t end) {
                  cpu::sum_maps<T>({c.images, c.outputs, c.out(), begin, end}, at_place<T>(m, inner),
                                   of_bias.adds, at_place<T>(m, of_bias.place));
                });
    });
  });
}

void lower_map_bias(Lowering& l, const cpu::Convolution& c) {
  const int y = l.output(), bias = l.parameter("bias");
  const bool relu = cpu::is_relu(l.activation());
  if (bias < 0 && !relu) return;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(c.outputs, things_alone(kNumbersAlone, c.images * c.out()),
                [=](std::int64_t begin, std::int64_t end) {
                  cpu::add_bias_to_maps<T>({c.images, c.outputs, c.out(), begin, end}, at_place<T>(m, bias),
                                           relu, at_place<T>(m, y));
                });
    });
  });
}

// --- Whole images times spread weights

struct SpreadProduct {
  explicit SpreadProduct(const cpu::Convolution& c)
      : weights(std::make_shared<cpu::SpreadWeights>(c)),
        images(c.images),
        outputs(c.outputs),
        in(weights->columns),
        out(c.outputs * weights->out),
        share(things_alone(kNumbersAlone, in * weights->out)) {}
  std::shared_ptr<const cpu::SpreadWeights> weights;
  std::int64_t images, outputs, in, out, share;
  std::int64_t numbers() const { return in * out; }
};

// The matrix's place.
int spread(Lowering& l, const SpreadProduct& p) {
  const int weight = l.parameter("weight");
  if (p.weights->is_plain()) return weight;
  const int matrix = l.scratch(p.numbers());
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(p.outputs, p.share, [&](std::int64_t begin, std::int64_t end) {
        cpu::spread_weights<T>(*p.weights, begin, end, at_place<T>(m, weight), at_place<T>(m, matrix));
      });
    });
  });
  return matrix;
}

void lower_by_spreading(Lowering& l, const cpu::Convolution& c) {
  const SpreadProduct p(c);
  const int x = l.input(), y = l.output(), matrix = spread(l, p);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      cpu::product<T>(p.images, p.out, p.in, at_place<T>(m, x), p.in, false, at_place<T>(m, matrix), p.in,
                      true, 1, 0, at_place<T>(m, y), p.out);
    });
  });
}

void differentiate_by_spreading(Lowering& l, const cpu::Convolution& c, int inner) {
  const SpreadProduct p(c);
  const GradientPlace of_x = l.input_gradient(), of_weight = l.parameter_gradient("weight");
  const int matrix = of_x ? spread(l, p) : -1;
  const bool plain = p.weights->is_plain();
  const int gathered = of_weight && !plain ? l.scratch(p.numbers()) : of_weight.place;
  const int x = of_weight ? l.input() : -1;
  in_its_dtype(l, [&]<class T>(T) {
    if (of_x)
      l.add([=](Memory m) {
        cpu::product<T>(p.images, p.in, p.out, at_place<T>(m, inner), p.out, false, at_place<T>(m, matrix),
                        p.in, false, 1, of_x.adds ? 1 : 0, at_place<T>(m, of_x.place), p.in);
      });
    if (!of_weight) return;
    l.add([=](Memory m) {
      cpu::product<T>(p.out, p.in, p.images, at_place<T>(m, inner), p.out, true, at_place<T>(m, x), p.in,
                      false, 1, plain && of_weight.adds ? 1 : 0, at_place<T>(m, gathered), p.in);
      if (plain) return;
      in_shares(p.outputs, p.share, [&](std::int64_t begin, std::int64_t end) {
        cpu::gather_weights<T>(*p.weights, begin, end, at_place<T>(m, gathered), of_weight.adds,
                               at_place<T>(m, of_weight.place));
      });
    });
  });
}

// --- Kernels of one place

// The gradient's side, whose maps no stride thins.
cpu::Convolution maps_of_result(const cpu::Convolution& c) {
  return {c.images, c.outputs, c.outputs, {}, {.in = c.out()}};
}

bool goes_image_by_image(const cpu::Convolution& c) {
  return c.in() == c.out() && (c.out() >= kOwnMap || c.images == 1);
}

// Few images leave the threads to each product.
template <class Function>
void for_images(const cpu::Convolution& c, Function function) {
  if (c.images < kImagesToShare)
    function(std::int64_t{0}, c.images);
  else
    in_shares(c.images, things_alone(kMultipliedAlone, c.channels * c.outputs * c.out()), function);
}

template <class T>
void gather_rows(const cpu::Convolution& maps, const T* from, T* rows) {
  in_shares(maps.channels, things_alone(kNumbersAlone, maps.images * maps.out()),
            [&](std::int64_t begin, std::int64_t end) { cpu::maps_to_rows(maps, begin, end, from, rows); });
}

template <class T>
void scatter_rows(const cpu::Convolution& maps, const T* rows, bool adds, T* to) {
  in_shares(
      maps.channels, things_alone(kNumbersAlone, maps.images * maps.out()),
      [&](std::int64_t begin, std::int64_t end) { cpu::rows_to_maps(maps, begin, end, rows, adds, to); });
}

void lower_points(Lowering& l, const cpu::Convolution& c) {
  const int x = l.input(), y = l.output(), weight = l.parameter("weight");
  const std::int64_t size = c.out(), width = c.images * size;
  if (goes_image_by_image(c)) {
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=](Memory m) {
        for_images(c, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i)
            cpu::product<T>(c.outputs, size, c.channels, at_place<T>(m, weight), c.channels, false,
                            at_place<T>(m, x) + i * c.channels * size, size, false, 1, 0,
                            at_place<T>(m, y) + i * c.outputs * size, size);
        });
      });
    });
    return;
  }
  const int from = l.scratch(c.channels * width), to = l.scratch(c.outputs * width);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      gather_rows<T>(c, at_place<T>(m, x), at_place<T>(m, from));
      cpu::product<T>(c.outputs, width, c.channels, at_place<T>(m, weight), c.channels, false,
                      at_place<T>(m, from), width, false, 1, 0, at_place<T>(m, to), width);
      scatter_rows<T>(maps_of_result(c), at_place<T>(m, to), false, at_place<T>(m, y));
    });
  });
}

struct PointsGradients {
  GradientPlace of_x, of_weight;
  int inner, x, weight;
};

void differentiate_each_image(Lowering& l, const cpu::Convolution& c, const PointsGradients& g) {
  const std::int64_t size = c.out();
  in_its_dtype(l, [&]<class T>(T) {
    if (g.of_x)
      l.add([=](Memory m) {
        for_images(c, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i)
            cpu::product<T>(c.channels, size, c.outputs, at_place<T>(m, g.weight), c.channels, true,
                            at_place<T>(m, g.inner) + i * c.outputs * size, size, false, 1,
                            g.of_x.adds ? 1 : 0, at_place<T>(m, g.of_x.place) + i * c.channels * size, size);
        });
      });
    if (g.of_weight)
      l.add([=](Memory m) {
        for (std::int64_t i = 0; i < c.images; ++i)
          cpu::product<T>(c.outputs, c.channels, size, at_place<T>(m, g.inner) + i * c.outputs * size, size,
                          false, at_place<T>(m, g.x) + i * c.channels * size, size, true, 1,
                          i > 0 || g.of_weight.adds ? 1 : 0, at_place<T>(m, g.of_weight.place), c.channels);
      });
  });
}

void differentiate_images_together(Lowering& l, const cpu::Convolution& c, const PointsGradients& g) {
  const std::int64_t width = c.images * c.out();
  const int from = l.scratch(c.channels * width), to = l.scratch(c.outputs * width);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      T *const rows = at_place<T>(m, from), *const of_rows = at_place<T>(m, to);
      gather_rows<T>(maps_of_result(c), at_place<T>(m, g.inner), of_rows);
      if (g.of_weight) {
        gather_rows<T>(c, at_place<T>(m, g.x), rows);
        cpu::product<T>(c.outputs, c.channels, width, of_rows, width, false, rows, width, true, 1,
                        g.of_weight.adds ? 1 : 0, at_place<T>(m, g.of_weight.place), c.channels);
      }
      if (g.of_x) {
        cpu::product<T>(c.channels, width, c.outputs, at_place<T>(m, g.weight), c.channels, true, of_rows,
                        width, false, 1, 0, rows, width);
        scatter_rows<T>(c, rows, g.of_x.adds, at_place<T>(m, g.of_x.place));
      }
    });
  });
}

void differentiate_points(Lowering& l, const cpu::Convolution& c, int inner) {
  const GradientPlace of_x = l.input_gradient(), of_weight = l.parameter_gradient("weight");
  if (!of_x && !of_weight) return;
  const PointsGradients gradients{of_x, of_weight, inner, of_weight ? l.input() : -1,
                                  of_x ? l.parameter("weight") : -1};
  goes_image_by_image(c) ? differentiate_each_image(l, c, gradients)
                         : differentiate_images_together(l, c, gradients);
}

void lower_convolution(Lowering& l) {
  const cpu::Convolution c = convolution_of(l);
  is_of_points(c) ? lower_points(l, c) : lower_by_spreading(l, c);
  lower_map_bias(l, c);
}

void differentiate_convolution(Lowering& l) {
  const cpu::Convolution c = convolution_of(l);
  const int inner = gradient_before_activation(l, count_of(l.output_sizes()));
  differentiate_map_bias(l, c, inner);
  is_of_points(c) ? differentiate_points(l, c, inner) : differentiate_by_spreading(l, c, inner);
}

constexpr LoweringEntry convolution_entry(const char* operation, ResultOrder order) {
  return {.operation = operation,
          .covers = has_own_convolution,
          .forward = lower_convolution,
          .backward = differentiate_convolution,
          .takes_activation = takes_only_relu,
          .order = order};
}

constexpr LoweringEntry kConvolutionLowerings[] = {convolution_entry("Conv1d", ResultOrder::of_inputs),
                                                   convolution_entry("Conv2d", ResultOrder::of_inputs),
                                                   convolution_entry("Conv3d", ResultOrder::unknown)};

}  // namespace

std::span<const LoweringEntry> convolution_lowerings() { return kConvolutionLowerings; }

}  // namespace orrery
