// Images as tensors: orrery.save_image, orrery.load_image, orrery.make_grid.
#include "bindings/engine/in_turn.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/image_files.h"
#include "runtime/governors/image_options.h"

namespace orrery::lua {
namespace {

// save_image(tensor, path[, { nrow =, padding =, normalize =, …, mean =, std =, quality = }])
int save_image(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "save_image");
  const std::string path = read_string(L, 2, "save_image", "a path");
  const Attributes options = read_options(L, 3, image_attributes(), "save_image");
  Border& state = border(L);
  // What is only checked writes nothing, and goes on: an image ends no script.
  if (state.mode() == Border::Mode::check) return 0;
  write_tensor_image(engine(L), path, tensor, options);
  return state.files.add(nullptr, "image", path, state.runtime->log), 0;
}

// make_grid(tensor[, options]) → (C, H, W)
int make_image_grid(lua_State* L) {
  const at::Tensor tensor = read_tensor(L, 1, "make_grid");
  const Attributes options = read_options(L, 2, image_attributes(), "make_grid");
  return push_tensor(L, in_turn(L, "make_grid", [&] { return make_grid(tensor, options).clone(); })), 1;
}

const std::vector<Attribute>& reading_attributes() {
  static const std::vector<Attribute> kSchema{{.name = "mode",
                                               .type = AttributeType::text,
                                               .doc = "three channels, or the luminance alone",
                                               .value = "rgb",
                                               .choices = {"rgb", "grey"}},
                                              {.name = "dtype",
                                               .type = AttributeType::dtype,
                                               .doc = "float32 in 0…1, or the file's bytes",
                                               .value = DType::float32,
                                               .choices = {"float32", "uint8"}}};
  return kSchema;
}

// load_image(path[, { mode = "grey", dtype = "uint8" }]) → (C, H, W)
int load_image(lua_State* L) {
  const std::string path = read_string(L, 1, "load_image", "a path");
  const Attributes options = read_options(L, 2, reading_attributes(), "load_image");
  const ImageMode mode = options.text("mode") == "grey" ? ImageMode::grey : ImageMode::rgb;
  const bool bytes = options.dtype("dtype") == DType::uint8;
  return push_tensor(L, read_tensor_image(engine(L), path, mode, bytes)), 1;
}

}  // namespace

void open_images(lua_State* L) {
  add_functions(L, {{"save_image", guarded<save_image>},
                    {"make_grid", guarded<make_image_grid>},
                    {"load_image", guarded<load_image>}});
}

}  // namespace orrery::lua
