#include "runtime/engine/initialise.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

void fill_trunc_normal(at::Tensor& tensor, const Init& init) {
  const auto below = [](double x) { return (1.0 + std::erf(x / std::sqrt(2.0))) / 2.0; };
  const double low = below((init.c - init.a) / init.b), high = below((init.d - init.a) / init.b);
  tensor.uniform_(2 * low - 1, 2 * high - 1);
  tensor.erfinv_();
  tensor.mul_(init.b * std::sqrt(2.0)).add_(init.a).clamp_(init.c, init.d);
}

void fill_orthogonal(at::Tensor& tensor, double gain) {
  const std::int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  at::Tensor flat = at::empty({rows, columns}, tensor.options()).normal_(0, 1);
  if (rows < columns) flat.t_();
  auto [q, r] = at::linalg_qr(flat);
  q.mul_(r.diag().sign());
  if (rows < columns) q.t_();
  tensor.copy_(q.reshape(tensor.sizes())).mul_(gain);
}

void fill_sparse(at::Tensor& tensor, double sparsity, double deviation) {
  const std::int64_t rows = tensor.size(0);
  const auto zeros = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, deviation);
  for (std::int64_t column = 0; column < tensor.size(1); ++column) {
    const at::Tensor order = at::randperm(rows, at::kLong).narrow(0, 0, zeros);
    tensor.select(1, column).index_fill_(0, order.to(tensor.device()), 0);
  }
}

void fill_dirac(at::Tensor& tensor, std::int64_t groups) {
  tensor.zero_();
  const std::int64_t outputs = tensor.size(0) / groups, passed = std::min(outputs, tensor.size(1));
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t channel = 0; channel < passed; ++channel) {
      at::Tensor place = tensor[group * outputs + channel][channel];
      while (place.dim() > 0) place = place[place.size(0) / 2];
      place.fill_(1);
    }
  }
}

void fill(at::Tensor& tensor, const Init& init) {
  switch (init.kind) {
    case Init::Kind::zeros: tensor.zero_(); break;
    case Init::Kind::ones: tensor.fill_(1); break;
    case Init::Kind::constant: tensor.fill_(init.a); break;
    case Init::Kind::uniform: tensor.uniform_(init.a, init.b); break;
    case Init::Kind::normal: tensor.normal_(init.a, init.b); break;
    case Init::Kind::trunc_normal: fill_trunc_normal(tensor, init); break;
    case Init::Kind::orthogonal: fill_orthogonal(tensor, init.a); break;
    case Init::Kind::sparse: fill_sparse(tensor, init.a, init.b); break;
    case Init::Kind::dirac: fill_dirac(tensor, static_cast<std::int64_t>(init.a)); break;
    case Init::Kind::eye: tensor.zero_().fill_diagonal_(1); break;
  }
  if (init.zero_row >= 0) tensor.select(0, init.zero_row).zero_();
}

}  // namespace

void initialise(Parameter& parameter, const Init& init, DType dtype) {
  try {
    const c10::NoGradGuard no_grad;
    if (parameter.data) convert_in_place(unboxed(parameter.data), scalar_type(dtype));
    at::Tensor tensor =
        parameter.data ? unboxed(parameter.data) : at::empty(values(parameter.shape), scalar_type(dtype));
    fill(tensor, init);
    if (!parameter.data) parameter.data = boxed(tensor);
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(),
                     fmt::format("making {} {}", parameter.name, str(parameter.shape)), parameter.site);
  }
}

void initialise_from_file(Parameter& parameter, DType dtype) {
  auto bytes = std::make_shared<Bytes>(parameter.first->read());
  invariant(static_cast<std::int64_t>(bytes->size()) == numel(parameter.shape).value() * element_size(dtype),
            "the first values of a parameter have another size than it");
  void* data = bytes->data();  // the tensor keeps them: nothing is copied
  parameter.data = boxed(at::from_blob(
      data, values(parameter.shape), [bytes](void*) {}, at::TensorOptions(scalar_type(dtype))));
}

}  // namespace orrery
