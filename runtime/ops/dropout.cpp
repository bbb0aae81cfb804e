#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {

void add_dropout(Registry& registry) {
  registry.add(
      {.name = "Dropout",
       .kind = OperationKind::layer,
       .category = Category::dropout,
       .doc = "While training, makes random elements 0 and scales the others up; else passes its input on.",
       .inputs = {input_port()},
       .attributes = {{.name = "p",
                       .type = AttributeType::real,
                       .doc = "probability of an element to become 0",
                       .value = 0.5,
                       .min = 0,
                       .max = 1}},
       .shape = like_floating_input,
       .parameters = no_parameters,
       .aliases = {{Alias::Kind::maybe_view}},
       .draws = true,
       .differs_in_training = true,
       .torch = "torch.nn.Dropout",
       .onnx = "Dropout"});
}

}  // namespace orrery
