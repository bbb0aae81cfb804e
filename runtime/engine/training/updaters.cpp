#include "runtime/engine/training/updaters.h"

#include <map>
#include <string_view>

#include "runtime/engine/training/adadelta.h"
#include "runtime/engine/training/adafactor.h"
#include "runtime/engine/training/adagrad.h"
#include "runtime/engine/training/adam.h"
#include "runtime/engine/training/adamax.h"
#include "runtime/engine/training/asgd.h"
#include "runtime/engine/training/lbfgs.h"
#include "runtime/engine/training/muon.h"
#include "runtime/engine/training/nadam.h"
#include "runtime/engine/training/radam.h"
#include "runtime/engine/training/rmsprop.h"
#include "runtime/engine/training/rprop.h"
#include "runtime/engine/training/sgd.h"

namespace orrery {
namespace {

template <class Kind>
std::unique_ptr<Updater> made() {
  return std::make_unique<Kind>();
}

template <Adam::Decay Decay>
std::unique_ptr<Updater> adam() {
  return std::make_unique<Adam>(Decay);
}

}  // namespace

std::unique_ptr<Updater> make_updater(const std::string& kind) {
  static const std::map<std::string_view, std::unique_ptr<Updater> (*)()> kMakers = {
      {"SGD", made<Sgd>},
      {"Adam", adam<Adam::Decay::added_to_gradient>},
      {"AdamW", adam<Adam::Decay::decoupled>},
      {"Adamax", made<Adamax>},
      {"NAdam", made<NAdam>},
      {"RAdam", made<RAdam>},
      {"Adagrad", made<Adagrad>},
      {"Adadelta", made<Adadelta>},
      {"Adafactor", made<Adafactor>},
      {"RMSprop", made<RmsProp>},
      {"Rprop", made<Rprop>},
      {"ASGD", made<Asgd>},
      {"LBFGS", made<Lbfgs>},
      {"Muon", made<Muon>}};
  const auto maker = kMakers.find(kind);
  invariant(maker != kMakers.end(), "an optimizer is described but not executed");
  return maker->second();
}

}  // namespace orrery
