#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

using Part = ParametrizationKind::Part;

std::vector<Part> weight_norm_parts(Attributes& options, const Shape& shape, const std::string&) {
  const std::int64_t dim = options.integer("dim"), rank = static_cast<std::int64_t>(shape.size());
  check(dim < rank, Fault::usage, "dim must be between -1 and {} for a tensor of shape {}, got {}", rank - 1,
        str(shape), dim);
  Shape lengths;
  if (dim >= 0) {
    lengths.assign(shape.size(), 1);
    lengths[static_cast<size_t>(dim)] = shape[static_cast<size_t>(dim)];
  }
  return {{"original0", lengths}, {.name = "original1", .shape = shape, .own = true}};
}

std::vector<Part> spectral_norm_parts(Attributes& options, const Shape& shape, const std::string& layer) {
  const std::int64_t rank = static_cast<std::int64_t>(shape.size());
  if (!options.has("dim")) options.set("dim", std::int64_t{layer.starts_with("ConvTranspose") ? 1 : 0});
  std::int64_t dim = options.integer("dim");
  check(dim >= -rank && dim < rank, Fault::usage,
        "dim must be between {} and {} for a tensor of shape {}, got {}", -rank, rank - 1, str(shape), dim);
  if (dim < 0) dim += rank;
  options.set("dim", dim);
  std::vector<Part> parts = {{.name = "original", .shape = shape, .own = true}};
  if (rank == 1) return parts;
  const Dim rows = shape[static_cast<size_t>(dim)];
  parts.push_back({.name = "0._u", .shape = {rows}, .buffer = true});
  parts.push_back({.name = "0._v", .shape = {numel(shape).value() / rows.value()}, .buffer = true});
  return parts;
}

std::vector<Part> orthogonal_parts(Attributes& options, const Shape& shape, const std::string&) {
  check(shape.size() >= 2, Fault::usage,
        "orthogonal makes matrices, or batches of them, orthogonal; this tensor has shape {}", str(shape));
  const std::int64_t rows = shape[shape.size() - 2].value(), columns = shape.back().value();
  if (!options.has("orthogonal_map"))
    options.set("orthogonal_map", std::string(rows == columns ? "matrix_exp" : "householder"));
  const bool trivial = options.boolean("use_trivialization");
  check(trivial || options.text("orthogonal_map") == "householder", Fault::usage,
        "orthogonal_map '{}' needs use_trivialization = true: it cannot begin at a given matrix",
        options.text("orthogonal_map"));
  std::vector<Part> parts = {{.name = "original", .shape = shape, .own = true}};
  if (!trivial) return parts;
  Shape base = shape;
  base[base.size() - 2] = base[base.size() - 1] = std::max(rows, columns);
  parts.push_back({.name = "0.base", .shape = base, .buffer = true});
  return parts;
}

Attribute integer(std::string name, AttributeValue value, std::optional<double> min, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::integer,
          .doc = std::move(doc),
          .value = std::move(value),
          .min = min};
}

}  // namespace

// torch.nn.utils.parametrizations: names, options and defaults are PyTorch's.
void add_parametrizations(Registry& registry) {
  registry.add(ParametrizationKind{
      .name = "weight_norm",
      .doc = "Learns the length and the direction of each of a weight's rows apart.",
      .attributes = {integer("dim", std::int64_t{0}, -1,
                             "the dimension that each length belongs to; -1: one length for all")},
      .parts = weight_norm_parts});
  registry.add(ParametrizationKind{
      .name = "spectral_norm",
      .doc = "Divides a weight by its largest singular value, found by power iteration.",
      .attributes = {integer("n_power_iterations", std::int64_t{1}, 1, "iterations a training step"),
                     {.name = "eps",
                      .type = AttributeType::real,
                      .doc = "least length that is divided by",
                      .value = 1e-12,
                      .min = 0},
                     integer("dim", {}, std::nullopt,
                             "the dimension of the outputs; none: 1 for transposed convolutions, else 0")},
      .parts = spectral_norm_parts});
  registry.add(ParametrizationKind{
      .name = "orthogonal",
      .doc = "Keeps a weight orthogonal, or its rows or columns where it is not square.",
      .attributes =
          {{.name = "orthogonal_map",
            .type = AttributeType::text,
            .doc = "how a free matrix becomes an orthogonal one; none: matrix_exp for a square weight, "
                   "else householder",
            .choices = {"matrix_exp", "cayley", "householder"}},
           flag("use_trivialization", true, "keeps a base, around which the map is taken")},
      .parts = orthogonal_parts});
}

}  // namespace orrery
