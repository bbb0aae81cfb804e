#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/created.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// The precision of the transform; half precision is left to devices that have it.
bool is_double(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype == DType::float16 || dtype == DType::bfloat16)
    context.expects_dtype(0, "float32, float64, complex numbers or integers",
                          "Convert them first: x:to(\"float32\").");
  return dtype == DType::float64 || dtype == DType::complex128;
}

DType complex_result(ShapeContext& context) {
  return is_double(context) ? DType::complex128 : DType::complex64;
}
DType real_result(ShapeContext& context) { return is_double(context) ? DType::float64 : DType::float32; }

void expect_real(ShapeContext& context) {
  if (is_complex(context.input(0).dtype)) context.expects_dtype(0, "real numbers", "fft takes complex ones.");
}

void expect_points(ShapeContext& context, const Dim& points) {
  context.expect_at_least(0, points, 1, "at least 1 point to transform", points.str());
}

enum class Side { full, real_in, real_out };

// What a transform of `points` points leaves of a dimension.
Dim transformed(ShapeContext& context, Side side, bool given, const Dim& points) {
  if (side == Side::full || given) {
    expect_points(context, points);
    return side == Side::real_in ? floor_div(points, 2) + 1 : points;
  }
  expect_points(context, side == Side::real_out ? 2 * (points - 1) : points);
  return side == Side::real_in ? floor_div(points, 2) + 1 : 2 * (points - 1);
}

template <Side Kind>
std::vector<TensorType> line_rule(ShapeContext& context) {
  if (Kind == Side::real_in) expect_real(context);
  const int dim = dim_of_some(context);
  const Attributes& a = context.attributes();
  Shape shape = context.shape();
  shape[dim] = transformed(context, Kind, a.has("n"), a.has("n") ? Dim(a.integer("n")) : shape[dim]);
  return {{shape, Kind == Side::real_out ? real_result(context) : complex_result(context)}};
}

// The dimensions to transform: those listed, or as many of the last as there are sizes, or all.
std::vector<int> planes(const ShapeContext& context) {
  const Attributes& a = context.attributes();
  if (a.has("dim") && !a.integers("dim").empty() && context.rank() == 0)
    context.expects(0, "an input of at least 1 dimension", "a scalar");
  if (a.has("dim")) return listed_dims(context, "dim");
  const int count = a.has("s") ? static_cast<int>(a.integers("s").size()) : context.rank();
  if (count > context.rank())
    context.expects_option(fmt::format("at most {} sizes", context.rank()), std::to_string(count));
  std::vector<int> dims;
  for (int i = context.rank() - count; i < context.rank(); ++i) dims.push_back(i);
  return dims;
}

template <Side Kind>
std::vector<TensorType> planes_rule(ShapeContext& context) {
  if (Kind == Side::real_in) expect_real(context);
  const Attributes& a = context.attributes();
  const std::vector<int> dims = planes(context);
  if (a.has("s") && a.integers("s").size() != dims.size())
    context.expects_option("as many sizes in s as dimensions in dim", str(a.at("s")));
  if (dims.empty() && Kind != Side::full)
    context.expects_option("at least one dimension to transform", "none");
  Shape shape = context.shape();
  for (size_t i = 0; i < dims.size(); ++i) {
    const bool given = a.has("s") && a.integers("s")[i] != -1;
    const Dim points = given ? Dim(a.integers("s")[i]) : shape[dims[i]];
    shape[dims[i]] = transformed(context, i + 1 == dims.size() ? Kind : Side::full, given, points);
  }
  return {{shape, Kind == Side::real_out ? real_result(context) : complex_result(context)}};
}

std::vector<TensorType> shift_rule(ShapeContext& context) {
  if (context.rank() == 0) context.expects(0, "an input of at least 1 dimension", "a scalar");
  if (context.attributes().has("dim"))
    for (std::int64_t dim : context.attributes().integers("dim")) context.wrapped_dim(0, dim);
  return like_input(context);
}

Dim points_of(const ShapeContext& context) {
  const Shape& n = context.attributes().shape("n");
  if (n.size() != 1) context.expects_option("one number of points", str(n));
  return n[0];
}

std::vector<TensorType> frequencies_rule(ShapeContext& context) {
  return {{{points_of(context)}, context.attributes().dtype("dtype")}};
}

std::vector<TensorType> half_frequencies_rule(ShapeContext& context) {
  return {{{floor_div(points_of(context), 2) + 1}, context.attributes().dtype("dtype")}};
}

Descriptor frequencies(const std::string& name, std::string doc,
                       std::vector<TensorType> (*rule)(ShapeContext&)) {
  Attribute points = size_option(false);
  points.name = "n";
  points.doc = "points of the transform";
  points.min = 0;
  const Attribute distance = {
      .name = "d", .type = AttributeType::real, .doc = "distance of the samples", .value = 1.0};
  Descriptor d = called(created("fft_" + name, std::move(doc),
                                {points, distance, dtype_option(DType::float32, floating_names())}, rule),
                        "torch.fft." + name);
  d.category = Category::spectral;
  return d;
}

Attribute scale() {
  return {.name = "norm",
          .type = AttributeType::text,
          .doc = "which direction is divided by the number of points; 'ortho': both by its root",
          .value = "backward",
          .choices = {"forward", "backward", "ortho"}};
}

Descriptor named(const std::string& name, std::string doc, std::vector<Attribute> options, ShapeRule shape) {
  return called(
      transform(Category::spectral, "fft_" + name, std::move(doc), {input_port()}, std::move(options), shape),
      "torch.fft." + name);
}

Descriptor line(const std::string& name, std::string doc, ShapeRule shape) {
  return named(name, std::move(doc),
               {{.name = "n",
                 .doc = "points; the input is cut or filled with 0; none: as many as there are",
                 .min = 1},
                integer_or("dim", -1, "the dimension"),
                scale()},
               shape);
}

Descriptor plane(const std::string& name, std::string doc, AttributeValue dim, ShapeRule shape) {
  return named(name, std::move(doc),
               {{.name = "s",
                 .type = AttributeType::integers,
                 .doc = "points in each dimension; -1 or none: as many as there are",
                 .min = -1},
                {.name = "dim",
                 .type = AttributeType::integers,
                 .doc = "the dimensions; none: the last, one per size, or all",
                 .value = std::move(dim)},
                scale()},
               shape);
}

}  // namespace

void add_spectral(Registry& registry) {
  registry.add(line("fft", "Discrete Fourier transform.", line_rule<Side::full>));
  registry.add(line("ifft", "Inverse of fft.", line_rule<Side::full>));
  registry.add(line("rfft", "Fourier transform of real numbers: the half that tells the other.",
                    line_rule<Side::real_in>));
  registry.add(line("irfft", "Inverse of rfft.", line_rule<Side::real_out>));
  registry.add(
      line("hfft", "Fourier transform of a hermitian signal, which is real.", line_rule<Side::real_out>));
  registry.add(line("ihfft", "Inverse of hfft.", line_rule<Side::real_in>));
  const std::vector<std::int64_t> last_two = {-2, -1};
  registry.add(plane("fft2", "Fourier transform of two dimensions.", last_two, planes_rule<Side::full>));
  registry.add(plane("ifft2", "Inverse of fft2.", last_two, planes_rule<Side::full>));
  registry.add(plane("rfft2", "Fourier transform of two dimensions of real numbers.", last_two,
                     planes_rule<Side::real_in>));
  registry.add(plane("irfft2", "Inverse of rfft2.", last_two, planes_rule<Side::real_out>));
  registry.add(plane("fftn", "Fourier transform of several dimensions.", {}, planes_rule<Side::full>));
  registry.add(plane("ifftn", "Inverse of fftn.", {}, planes_rule<Side::full>));
  registry.add(plane("rfftn", "Fourier transform of several dimensions of real numbers.", {},
                     planes_rule<Side::real_in>));
  registry.add(plane("irfftn", "Inverse of rfftn.", {}, planes_rule<Side::real_out>));
  const Attribute dim = dims("dim", "the dimensions; none: all");
  registry.add(named("fftshift", "Moves the zero frequency into the middle.", {dim}, shift_rule));
  registry.add(named("ifftshift", "Inverse of fftshift.", {dim}, shift_rule));
  registry.add(
      frequencies("fftfreq", "The frequencies of fft's result, in cycles per unit of d.", frequencies_rule));
  registry.add(frequencies("rfftfreq", "The frequencies of rfft's result, in cycles per unit of d.",
                           half_frequencies_rule));
}

}  // namespace orrery
