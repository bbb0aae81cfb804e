#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

using Rule = std::vector<TensorType> (*)(ShapeContext&);

std::vector<TensorType> dropout1d_rule(ShapeContext& context) {
  context.expect_rank(0, 2, 3, "(N, C, L) or (C, L)");
  return like_floating_input(context);
}

std::vector<TensorType> dropout2d_rule(ShapeContext& context) {
  context.expect_rank(0, 3, 4, "(N, C, H, W) or (N, C, L)");
  return like_floating_input(context);
}

std::vector<TensorType> dropout3d_rule(ShapeContext& context) {
  context.expect_rank(0, 4, 5, "(N, C, D, H, W) or (C, D, H, W)");
  return like_floating_input(context);
}

std::vector<TensorType> features_rule(ShapeContext& context) {
  if (context.rank() < 2)
    context.expects(0, "an input of at least 2 dimensions, (N, C, …)", str(context.shape()));
  return like_floating_input(context);
}

struct Dropping {
  std::string layer, method, doc;
  Rule shape;
  bool training = true;  ///< the method's default
  std::string onnx = {};
};

Descriptor described(const Dropping& dropping) {
  Descriptor d{.category = Category::dropout, .doc = dropping.doc};
  d.inputs = {input_port()};
  d.attributes = {probability("p", 0.5, "probability of an element or channel to be dropped")};
  d.shape = dropping.shape;
  d.aliases = {{Alias::Kind::maybe_view}};
  d.draws = true;
  d.onnx = dropping.onnx;
  return d;
}

Descriptor layer_of(const Dropping& dropping) {
  Descriptor d = described(dropping);
  d.name = dropping.layer;
  d.attributes.push_back(inplace_option());
  d.kind = OperationKind::layer;
  d.parameters = no_parameters;
  d.differs_in_training = true;
  d.torch = "torch.nn." + d.name;
  d.transform = dropping.method;
  return d;
}

Descriptor method_of(const Dropping& dropping) {
  Descriptor d = described(dropping);
  d.name = dropping.method;
  d.attributes.push_back(
      flag("training", dropping.training, "drops, whatever the mode of the run; false: passes its input on"));
  d.torch = "torch.nn.functional." + d.name;
  return d;
}

const std::vector<Dropping>& all() {
  static const std::string kElse = "; else passes its input on.";
  static const std::vector<Dropping> kAll = {
      {"Dropout", "dropout", "While training, makes random elements 0 and scales the others up" + kElse,
       like_floating_input, true, "Dropout"},
      {"Dropout1d", "dropout1d", "While training, makes random channels of sequences 0" + kElse,
       dropout1d_rule},
      {"Dropout2d", "dropout2d", "While training, makes random channels of images 0" + kElse, dropout2d_rule},
      {"Dropout3d", "dropout3d", "While training, makes random channels of volumes 0" + kElse,
       dropout3d_rule},
      {"AlphaDropout", "alpha_dropout",
       "While training, drops random elements so that mean and variance stay as SELU wants them" + kElse,
       like_floating_input, false},
      {"FeatureAlphaDropout", "feature_alpha_dropout",
       "While training, drops random channels so that mean and variance stay as SELU wants them" + kElse,
       features_rule, false},
  };
  return kAll;
}

}  // namespace

void add_dropout(Registry& registry) {
  for (const Dropping& dropping : all()) {
    registry.add(layer_of(dropping));
    registry.add(method_of(dropping));
  }
}

}  // namespace orrery
