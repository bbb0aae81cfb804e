#include "runtime/codegen/lua_functions.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/counted_names.h"
#include "runtime/codegen/lua_surroundings.h"

namespace orrery {
namespace {

using OptionRow = std::vector<LuaArgument>;
using BlockSet = std::set<const Block*>;

// LuaJIT takes 60 locals of other functions in one.
constexpr int kMostInside = 40, kDeepestInside = 3;

LuaArgument word_argument(const char* name, const std::string& text) {
  return {.name = name, .text = lua_text(text), .is_usual = text.empty()};
}

// What `g:block` takes beside the function.
std::vector<LuaArgument> block_options(const Block& block) {
  std::vector<LuaArgument> options{
      {.name = "name", .text = lua_text(lua_block_name(block)), .by_place = true}};
  options.push_back(word_argument("title", block.title()));
  options.push_back(word_argument("direction", block.cue().direction));
  options.push_back(
      {.name = "collapse", .text = "true", .is_usual = !block.cue().collapse, .is_fixed = true});
  options.push_back(word_argument("note", block.cue().note));
  options.push_back(word_argument("color", block.cue().color));
  return options;
}

// A module's function with what its block is made with as the first line.
struct Written {
  LuaFunction function;
  LuaLine block;
};

std::vector<LuaLine> all_lines(Written& written) {
  std::vector<LuaLine> lines{written.block};
  lines.insert(lines.end(), written.function.lines.begin(), written.function.lines.end());
  return lines;
}

OptionRow option_row(Written& written) {
  OptionRow row;
  std::vector<LuaLine> lines = all_lines(written);
  visit_options(lines, [&](const LuaArgument& argument) { row.push_back(argument); });
  return row;
}

// Options of functions that do the same, side by side.
class Columns {
 public:
  Columns(std::vector<Written>& group, const LuaNames& file)
      : names_(names_within(group[0].function)), file_(file) {
    for (Written& each : group) rows_.push_back(option_row(each));
    for (std::size_t at = 0; at < rows_[0].size(); ++at) place(at);
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      parameters_[p].has_default = has_default(static_cast<int>(p));
    std::vector<int> order;
    for (int p = 0; p < static_cast<int>(parameters_.size()); ++p) order.push_back(p);
    std::ranges::stable_partition(
        order, [&](int p) { return !parameters_[static_cast<std::size_t>(p)].has_default; });
    order_ = std::move(order);
  }

  std::vector<LuaBlockFunction::Parameter> parameters() const {
    std::vector<LuaBlockFunction::Parameter> all;
    for (const int p : order_) all.push_back(parameters_[static_cast<std::size_t>(p)]);
    return all;
  }

  // Puts the parameters' names in the places of the first one's options.
  void write_into(LuaArgument& argument, std::size_t at) const {
    if (parameter_of_[at] < 0) return;
    argument.text = parameters_[static_cast<std::size_t>(parameter_of_[at])].name;
    argument.is_usual = argument.spreads = false;
  }

  // What the nth is made with.
  OptionRow of(std::size_t row) const {
    OptionRow values;
    for (const int p : order_) {
      const LuaArgument& value = rows_[row][first_of(p)];
      const auto& parameter = parameters_[static_cast<std::size_t>(p)];
      values.push_back({.name = parameter.name,
                        .text = value.text,
                        .by_place = true,
                        .is_usual = parameter.has_default && value.is_usual});
    }
    return values;
  }

 private:
  // A parameter must not hide what the function calls so.
  static std::set<std::string> names_within(const LuaFunction& function) {
    std::set<std::string> names{"g", "nn", "orrery", "v", "x", "out", "y", "h", "s", "t"};
    names.insert(function.parameters.begin(), function.parameters.end());
    const std::function<void(const std::vector<LuaLine>&)> add = [&](const std::vector<LuaLine>& lines) {
      for (const LuaLine& line : lines) {
        names.insert(line.variable);
        add(line.inner);
        for (const LuaPiece& piece : line.pieces)
          if (piece.kind == LuaPiece::Kind::block) names.insert(piece.text);
      }
    };
    add(function.lines);
    return names;
  }

  void place(std::size_t at) {
    std::vector<std::string> values;
    for (const OptionRow& row : rows_) values.push_back(row[at].is_usual ? "" : row[at].text);
    parameter_of_.push_back(-1);
    if (std::ranges::count(values, values[0]) == std::ssize(values)) return;
    const auto known = columns_.try_emplace(values, static_cast<int>(parameters_.size()));
    parameter_of_[at] = known.first->second;
    if (!known.second) return;
    std::string name = names_.add(rows_[0][at].name);
    while (file_.contains(name)) name = names_.add(rows_[0][at].name);
    parameters_.push_back({std::move(name), false});
  }

  std::size_t first_of(int parameter) const {
    return static_cast<std::size_t>(std::ranges::find(parameter_of_, parameter) - parameter_of_.begin());
  }

  // An option that some of them leave out is left out where the parameter is nil.
  bool has_default(int parameter) const {
    return std::ranges::any_of(rows_,
                               [&](const OptionRow& row) { return row[first_of(parameter)].is_usual; });
  }

  std::vector<OptionRow> rows_;
  std::vector<int> parameter_of_;  // of each option; -1: it is the same in all
  std::map<std::vector<std::string>, int> columns_;
  std::vector<LuaBlockFunction::Parameter> parameters_;
  std::vector<int> order_;
  LuaNames names_;
  const LuaNames& file_;
};

// `layer` of `layer3`.
std::string without_digits(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789_");
  return end == std::string::npos ? name : name.substr(0, end + 1);
}

// `building_block` of its title, else its name; of a block with a number, the name of the block around it.
std::string function_name_for(const Block& block) {
  std::string title = block.title();
  for (char& c : title) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::replace_if(
      title.begin(), title.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  if (is_lua_name(title)) return title;
  const Block* named = &block;
  while (named->parent() && is_whole_number(named->name())) named = named->parent();
  if (!named->parent()) return "block";
  const std::string name = without_digits(named->name());
  return named == &block ? name : name + "_block";
}

class Functions {
 public:
  // `nameless`: the first blocks of functions that need no name.
  Functions(LuaFile& file, const BlockSet& nameless) : file_(file), nameless_(nameless) {
    file_.function = [this](const Block& block) { return makers_.at(&block); };
  }

  LuaFunctions make() {
    const std::map<const Block*, int> heights = file_.tree.heights();
    const Block* root = &file_.graph.root();
    for (int height = 0; height <= heights.at(root); ++height) {
      std::map<std::string, std::size_t> places;
      std::vector<std::vector<Written>> groups;
      for (const Block* block : file_.tree.modules()) {
        if (heights.at(block) != height || block == root || is_loop(*block)) continue;
        Written written{lua_function(file_, *block), {}};
        written.block.pieces = {{.kind = LuaPiece::Kind::call, .arguments = block_options(*block)}};
        const auto known = places.try_emplace(form(written, *block), groups.size());
        if (known.second) groups.emplace_back();
        groups[known.first->second].push_back(std::move(written));
      }
      for (std::vector<Written>& group : groups) add(group);
    }
    made_.script = lua_function(file_, *root);
    return std::move(made_);
  }

 private:
  std::string form(Written& written, const Block& block) const {
    const std::string own = file_.layers.is_bound(block) ? block.path() : "";
    return fmt::format("{}\5{}\5{}", own, fmt::join(written.function.parameters, ","),
                       form_of(all_lines(written)));
  }

  void add(std::vector<Written>& group) {
    const Columns columns(group, file_.names);
    const Block& first = *group[0].function.block;
    LuaBlockFunction made{.parameters = columns.parameters()};
    if (!nameless_.contains(&first)) made.name = file_.names.add(function_name_for(first));
    const int index = static_cast<int>(made_.all.size());
    for (std::size_t at = 0; at < group.size(); ++at) {
      const Block* block = group[at].function.block;
      makers_[block] = {.kind = LuaPiece::Kind::block, .arguments = columns.of(at), .function = index};
      made.paths.push_back(block->path());
    }
    std::vector<LuaLine> lines = all_lines(group[0]);
    std::size_t next = 0;
    visit_options(lines, [&](LuaArgument& argument) { columns.write_into(argument, next++); });
    made.block = std::move(lines[0].pieces[0].arguments);
    made.body = std::move(group[0].function);
    made.body.lines.assign(lines.begin() + 1, lines.end());
    made_.all.push_back(std::move(made));
  }

  LuaFile& file_;
  const BlockSet& nameless_;
  LuaFunctions made_;
  std::map<const Block*, LuaPiece> makers_;
};

// Tells of all functions where they stand.
class Places {
 public:
  Places(const LuaLayers& layers, LuaFunctions& functions)
      : layers_(layers), functions_(functions), readers_(functions.all.size(), 0) {}

  void find() {
    for (const LuaBlockFunction& each : functions_.all) count(each.body.lines);
    count(functions_.script.lines);
    place(functions_.script.lines, 0);
  }

 private:
  void count(const std::vector<LuaLine>& lines) {
    visit_pieces(lines, [&](const LuaPiece& piece) {
      if (piece.function >= 0) ++readers_[static_cast<std::size_t>(piece.function)];
    });
  }

  void place(const std::vector<LuaLine>& lines, int depth) {
    int inside = 0;
    visit_pieces(lines, [&](const LuaPiece& piece) {
      if (piece.function < 0) return;
      const auto at = static_cast<std::size_t>(piece.function);
      LuaBlockFunction& function = functions_.all[at];
      const bool fits =
          readers_[at] == 1 && function.parameters.empty() && depth < kDeepestInside && inside < kMostInside;
      if (!fits && !layers_.is_bound(*function.body.block)) function.stands_apart = true;
      if (!function.stands_apart) ++inside;
      place(function.body.lines, function.stands_apart ? 1 : depth + 1);
    });
  }

  const LuaLayers& layers_;
  LuaFunctions& functions_;
  std::vector<int> readers_;  // the places that call each
};

LuaFunctions placed(LuaFile& file, const BlockSet& nameless) {
  LuaFunctions functions = Functions(file, nameless).make();
  Places(file.layers, functions).find();
  return functions;
}

BlockSet standing_inside(const LuaFunctions& functions) {
  BlockSet blocks;
  for (const LuaBlockFunction& function : functions.all)
    if (!function.stands_apart) blocks.insert(function.body.block);
  return blocks;
}

}  // namespace

// Where functions stand is known when all are written. Then those inside others leave their names to blocks
// and values; should that move one, all keep theirs.
LuaFunctions lua_functions(LuaFile& file) {
  const LuaNames before = file.names;
  LuaFunctions named = placed(file, {});
  const BlockSet inside = standing_inside(named);
  if (inside.empty()) return named;
  file.names = before;
  LuaFunctions fewer = placed(file, inside);
  return standing_inside(fewer) == inside ? fewer : named;
}

}  // namespace orrery
