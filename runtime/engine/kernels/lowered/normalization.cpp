#include <algorithm>

#include "runtime/engine/kernels/cpu/batch_norm.h"
#include "runtime/engine/kernels/cpu/layer_norm.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

bool has_numbers(const LoweringQuestion& q) { return count_of(q.sizes[0]) > 0; }

cpu::Rows rows_to_normalize(const Lowering& l) {
  const std::int64_t columns = count_of(l.node().attributes().integers("normalized_shape"));
  return {0, count_of(l.sizes()) / columns, columns};
}

void lower_layer_norm(Lowering& l) {
  const cpu::Rows all = rows_to_normalize(l);
  const int x = l.input(), y = l.output(), weight = l.parameter("weight"), bias = l.parameter("bias");
  const int mean = l.keep(all.end), rstd = l.keep(all.end);
  const double eps = l.node().attributes().real("eps");
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, things_alone(kNormalizedAlone, all.columns),
                [=](std::int64_t begin, std::int64_t end) {
                  cpu::layer_norm<T>({begin, end, all.columns}, static_cast<T>(eps), at_place<T>(m, x),
                                     at_place<T>(m, weight), at_place<T>(m, bias), at_place<T>(m, y),
                                     at_place<T>(m, mean), at_place<T>(m, rstd));
                });
    });
  });
}

void differentiate_layer_norm(Lowering& l) {
  const cpu::Rows all = rows_to_normalize(l);
  const GradientPlace of_x = l.input_gradient(), of_weight = l.parameter_gradient("weight"),
                      of_bias = l.parameter_gradient("bias");
  const int arrived = l.output_gradient(), x = l.input(), weight = l.parameter("weight");
  const int mean = l.kept(0), rstd = l.kept(1);
  const std::int64_t count = all.end * all.columns;
  const int result = of_x.adds ? l.scratch(count) : of_x.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      for (const GradientPlace& sum : {of_weight, of_bias})
        if (sum && !sum.adds) std::fill_n(at_place<T>(m, sum.place), all.columns, T(0));
      cpu::layer_norm_backward<T>(
          all, at_place<T>(m, arrived), at_place<T>(m, x), at_place<T>(m, weight), at_place<T>(m, mean),
          at_place<T>(m, rstd),
          {at_place<T>(m, result), at_place<T>(m, of_weight.place), at_place<T>(m, of_bias.place)});
      if (of_x.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, of_x.place));
    });
  });
}

// ATen has the words for one value per channel while training, and takes buffers of another dtype.
bool has_several_values(const LoweringQuestion& q) {
  const ParameterPtr running = q.node.layer()->parameter("running_mean");
  return count_of(q.sizes[0]) > q.sizes[0][1] && (!running || running->dtype == q.node.outputs()[0].dtype);
}

cpu::ChannelMaps channel_maps_of(const Lowering& l) {
  const std::int64_t images = l.sizes()[0], channels = l.sizes()[1];
  return {images, channels, count_of(l.sizes()) / (images * channels), 0, channels};
}

std::int64_t channels_alone(const cpu::ChannelMaps& maps) {
  return things_alone(kNormalizedAlone, maps.images * maps.size);
}

// Places of a batch norm's tensors; a layer that tracks nothing has the batch's statistics in evaluation too.
struct BatchNormPlaces {
  explicit BatchNormPlaces(Lowering& l)
      : weight(l.parameter("weight")),
        bias(l.parameter("bias")),
        running_mean(l.parameter("running_mean")),
        running_variance(l.parameter("running_var")),
        batches(l.parameter("num_batches_tracked")),
        of_batch(l.training() || running_mean < 0) {}
  int weight, bias, running_mean, running_variance, batches;
  bool of_batch;
};

void lower_batch_norm(Lowering& l) {
  const cpu::ChannelMaps all = channel_maps_of(l);
  const BatchNormPlaces at(l);
  const Attributes& a = l.node().attributes();
  const bool cumulative = a.is_text("momentum"), relu = cpu::is_relu(l.activation());
  const bool counts = l.training() && at.batches >= 0;
  const double eps = a.real("eps"), fixed = cumulative ? 0 : a.real("momentum");
  const int x = l.input(), y = l.output(), mean = l.keep(all.channels), rstd = l.keep(all.channels);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      std::int64_t* const batches = at_place<std::int64_t>(m, at.batches);
      if (counts) ++*batches;
      const double momentum = cumulative && counts ? 1 / static_cast<double>(*batches) : fixed;
      const cpu::BatchNorm<T> norm{at.of_batch,
                                   momentum,
                                   eps,
                                   relu,
                                   {at_place<T>(m, at.running_mean), at_place<T>(m, at.running_variance)},
                                   at_place<T>(m, at.weight),
                                   at_place<T>(m, at.bias),
                                   at_place<T>(m, mean),
                                   at_place<T>(m, rstd)};
      in_shares(all.channels, channels_alone(all), [&](std::int64_t begin, std::int64_t end) {
        cpu::batch_norm<T>({all.images, all.channels, all.size, begin, end}, norm, at_place<T>(m, x),
                           at_place<T>(m, y));
      });
    });
  });
}

void differentiate_batch_norm(Lowering& l) {
  const cpu::ChannelMaps all = channel_maps_of(l);
  const GradientPlace of_x = l.input_gradient(), of_weight = l.parameter_gradient("weight"),
                      of_bias = l.parameter_gradient("bias");
  const bool of_batch = l.training() || l.parameter("running_mean") < 0;
  const int arrived = l.output_gradient(), x = l.input(), weight = l.parameter("weight");
  const int y = cpu::is_relu(l.activation()) ? l.output() : -1;
  const int mean = l.kept(0), rstd = l.kept(1);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const cpu::BatchNormBackward<T> norm{of_batch,
                                           at_place<T>(m, arrived),
                                           at_place<T>(m, x),
                                           at_place<T>(m, y),
                                           at_place<T>(m, weight),
                                           at_place<T>(m, mean),
                                           at_place<T>(m, rstd),
                                           at_place<T>(m, of_x.place),
                                           of_x.adds,
                                           at_place<T>(m, of_weight.place),
                                           at_place<T>(m, of_bias.place),
                                           of_weight.adds,
                                           of_bias.adds};
      in_shares(all.channels, channels_alone(all), [&](std::int64_t begin, std::int64_t end) {
        cpu::batch_norm_backward<T>({all.images, all.channels, all.size, begin, end}, norm);
      });
    });
  });
}

constexpr LoweringEntry batch_norm_entry(const char* operation) {
  return {.operation = operation,
          .covers = has_several_values,
          .forward = lower_batch_norm,
          .backward = differentiate_batch_norm,
          .takes_activation = takes_only_relu,
          .updates_buffers = true,
          .by_training = true};
}

constexpr LoweringEntry kNormalizationLowerings[] = {{.operation = "LayerNorm",
                                                      .covers = has_numbers,
                                                      .forward = lower_layer_norm,
                                                      .backward = differentiate_layer_norm,
                                                      .order = ResultOrder::in_order},
                                                     batch_norm_entry("BatchNorm1d"),
                                                     batch_norm_entry("BatchNorm2d"),
                                                     batch_norm_entry("BatchNorm3d")};

}  // namespace

std::span<const LoweringEntry> normalization_lowerings() { return kNormalizationLowerings; }

}  // namespace orrery
