#include "bindings/render/bind_tables.h"

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/render/each_entry.h"
#include "renderers/image_format.h"
#include "renderers/render_tables.h"
#include "runtime/core/error.h"

namespace orrery::lua {
namespace {

const std::vector<Attribute>& tables_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "format",
       .type = AttributeType::text,
       .doc = "of the file",
       .value = "svg",
       .choices = image_formats()},
      {.name = "dpi", .type = AttributeType::real, .doc = "dots per inch of a PNG", .value = 150.0}};
  return kSchema;
}

const std::vector<Attribute>& table_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "name", .type = AttributeType::text, .doc = "of the table"},
      {.name = "group",
       .doc = "the frame that it stands in, from 1; 0: none",
       .value = std::int64_t{0},
       .min = 0}};
  return kSchema;
}

const std::vector<Attribute>& reference_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "column", .type = AttributeType::text, .doc = "that refers"},
      {.name = "table", .doc = "which table it refers to, from 1", .min = 1}};
  return kSchema;
}

TableBox read_table_box(lua_State* L, int index) {
  Extras lists{{"keys", 0}, {"references", 0}, {"others", 0}};
  const Attributes given = read_options(L, index, table_schema(), "a table of tables", &lists);
  TableBox table{.name = given.text("name"), .group = static_cast<int>(given.integer("group")) - 1};
  table.keys = read_texts(L, lists["keys"], "tables: keys");
  table.others = read_texts(L, lists["others"], "tables: others");
  each_entry(L, lists["references"], "tables: references", [&](int at) {
    const Attributes reference = read_options(L, at, reference_schema(), "a reference of tables");
    table.references.push_back({reference.text("column"), static_cast<int>(reference.integer("table")) - 1});
  });
  return table;
}

void check_places(const TableDiagram& diagram) {
  const auto groups = static_cast<int>(diagram.groups.size()),
             tables = static_cast<int>(diagram.tables.size());
  for (const TableBox& table : diagram.tables) {
    check(table.group < groups, Fault::usage, "tables: '{}' stands in group {} of {}", table.name,
          table.group + 1, groups);
    for (const TableBox::Reference& each : table.references)
      check(each.table < tables, Fault::usage, "tables: '{}' refers to table {} of {}", table.name,
            each.table + 1, tables);
  }
}

// tables({ format=, dpi=, groups = { title, … }, tables = { { name=, group=, keys=, references = { { column=,
// table= }, … }, others= }, … } }) → the file's bytes
int tables(lua_State* L) {
  Extras lists{{"groups", 0}, {"tables", 0}};
  const Attributes given = read_options(L, 1, tables_schema(), "tables", &lists);
  TableDiagram diagram{.groups = read_texts(L, lists["groups"], "tables: groups")};
  each_entry(L, lists["tables"], "tables: tables",
             [&](int at) { diagram.tables.push_back(read_table_box(L, at)); });
  check_places(diagram);
  return push_text(L, render_tables(diagram, given.text("format"), given.real("dpi"))), 1;
}

}  // namespace

void add_table_functions(lua_State* L) { add_functions(L, {{"tables", guarded<tables>}}); }

}  // namespace orrery::lua
