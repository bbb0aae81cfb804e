#include "bindings/render/bind_parallel.h"

#include <limits>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "bindings/objects.h"
#include "bindings/render/each_entry.h"
#include "renderers/image_format.h"
#include "renderers/plots/parallel.h"
#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"

namespace orrery::lua {
namespace {

using plots::Coordinate;
using plots::Course;
using plots::ParallelFigure;

const std::vector<Attribute>& parallel_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "format", .type = AttributeType::text, .doc = "of the file", .choices = image_formats()},
      {.name = "title", .type = AttributeType::text, .doc = "above the axes", .value = ""},
      {.name = "caption", .type = AttributeType::text, .doc = "small, under the axes", .value = ""},
      {.name = "best",
       .doc = "the course that is set off, from 1; 0: none",
       .value = std::int64_t{0},
       .min = 0},
      {.name = "rising", .type = AttributeType::boolean, .doc = "more is better", .value = false},
      {.name = "width_mm",
       .type = AttributeType::real,
       .doc = "width of the page in mm; 0: as the axes need",
       .value = 0.0,
       .min = 0},
      {.name = "height_mm",
       .type = AttributeType::real,
       .doc = "height of the page in mm; 0: as the axes need",
       .value = 0.0,
       .min = 0},
      {.name = "dpi", .type = AttributeType::real, .doc = "dots per inch of a PNG", .value = 150.0}};
  return kSchema;
}

const std::vector<Attribute>& coordinate_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "label", .type = AttributeType::text, .doc = "what stands on it"},
      {.name = "log", .type = AttributeType::boolean, .doc = "a logarithmic axis", .value = false}};
  return kSchema;
}

const std::vector<Attribute>& course_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "name", .type = AttributeType::text, .doc = "of the run"},
      {.name = "done", .type = AttributeType::boolean, .doc = "it came to its end", .value = true}};
  return kSchema;
}

Coordinate read_coordinate(lua_State* L, int index) {
  Extras lists{{"categories", 0}};
  const Attributes given = read_options(L, index, coordinate_schema(), "an axis of parallel", &lists);
  Coordinate coordinate{.axis = {.label = given.text("label")}};
  if (given.boolean("log")) coordinate.axis.scale = plots::Scale::log;
  coordinate.categories = read_texts(L, lists["categories"], "parallel: categories");
  return coordinate;
}

Course read_course(lua_State* L, int index) {
  Extras lists{{"values", 0}};
  const Attributes given = read_options(L, index, course_schema(), "a course of parallel", &lists);
  Course course{.name = given.text("name"), .done = given.boolean("done")};
  each_entry(L, lists["values"], "parallel: values", [&](int at) {
    course.values.push_back(
        read_number(L, at, "parallel", "a value", std::numeric_limits<double>::quiet_NaN()));
  });
  return course;
}

// parallel(path, { format=, title=, caption=, best=, rising=, width_mm=, height_mm=, dpi=, axes = { { label=,
// log=, categories= }, … }, courses = { { name=, done=, values= }, … } }): writes the drawing; path nil → the
// geometry as JSON
int parallel(lua_State* L) {
  Extras lists{{"axes", 0}, {"courses", 0}};
  const Attributes given = read_options(L, 2, parallel_schema(), "parallel", &lists);
  ParallelFigure figure{.title = given.text("title"),
                        .caption = given.text("caption"),
                        .best = static_cast<int>(given.integer("best")) - 1,
                        .rising = given.boolean("rising"),
                        .width_mm = given.real("width_mm"),
                        .height_mm = given.real("height_mm")};
  each_entry(L, lists["axes"], "parallel: axes",
             [&](int at) { figure.coordinates.push_back(read_coordinate(L, at)); });
  each_entry(L, lists["courses"], "parallel: courses",
             [&](int at) { figure.courses.push_back(read_course(L, at)); });
  check(figure.best < static_cast<int>(figure.courses.size()), Fault::usage,
        "parallel: there is no course {}", figure.best + 1);
  if (lua_isnil(L, 1)) return push_text(L, plots::parallel_json(figure)), 1;
  write_atomically(read_string(L, 1, "parallel", "the file to write"),
                   plots::draw_parallel(figure, given.text("format"), given.real("dpi")));
  return 0;
}

}  // namespace

void add_parallel_functions(lua_State* L) { add_functions(L, {{"parallel", guarded<parallel>}}); }

}  // namespace orrery::lua
