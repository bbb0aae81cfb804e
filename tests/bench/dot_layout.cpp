#include "tests/bench/dot_layout.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "tests/bench/child.h"
#include "tests/bench/figure.h"
#include "tests/files/temporary_folder.h"

namespace orrery::bench {
namespace {

constexpr double kPointsPerInch = 72;

class DotText {
 public:
  explicit DotText(const layout::Sketch& sketch) : sketch_(sketch), children_(sketch.boxes.size()) {
    for (size_t i = 1; i < sketch.boxes.size(); ++i)
      children_[static_cast<size_t>(sketch.boxes[i].parent)].push_back(i);
  }

  std::string write() {
    text_ = fmt::format(
        "digraph {{ splines=polyline; nodesep={}; ranksep={}; node [shape=box fixedsize=true label=\"\"]; "
        "edge [dir=none tailport=s headport=n];\n",
        sketch_.spacing.box / kPointsPerInch, sketch_.spacing.rank / kPointsPerInch);
    write_children(0);
    for (const layout::Net& net : sketch_.nets)
      for (const layout::Sink& sink : net.sinks) text_ += fmt::format("n{} -> n{};\n", net.source, sink.box);
    return text_ + "}\n";
  }

 private:
  void write_children(size_t frame) {
    for (const size_t box : children_[frame]) {
      if (sketch_.boxes[box].frame) {
        text_ += fmt::format("subgraph cluster{} {{ margin={};\n", box, sketch_.spacing.frame);
        write_children(box);
        text_ += "}\n";
      } else {
        const Size& size = sketch_.boxes[box].size;
        text_ += fmt::format("n{} [width={} height={}];\n", box, size.width / kPointsPerInch,
                             size.height / kPointsPerInch);
      }
    }
  }

  const layout::Sketch& sketch_;
  std::vector<std::vector<size_t>> children_;
  std::string text_;
};

int box_of(const std::string& name) { return std::stoi(name.substr(1)); }

Point read_point(std::istream& from) {
  Point p;
  from >> p.x >> p.y;
  return {p.x * kPointsPerInch, p.y * kPointsPerInch};
}

// A line of straight parts is given as curves whose control points are its corners.
test::DrawnLine read_line(std::istream& from) {
  std::string source, sink;
  size_t count = 0;
  from >> source >> sink >> count;
  test::DrawnLine line{box_of(source), box_of(sink), {}};
  for (size_t i = 0; i < count; ++i)
    if (const Point p = read_point(from); line.path.empty() || line.path.back() != p) line.path.push_back(p);
  return line;
}

Rect read_box(std::istream& from) {
  std::string name;
  from >> name;
  const Point middle = read_point(from), size = read_point(from);
  return {middle.x - size.x / 2, middle.y - size.y / 2, size.x, size.y};
}

std::string dot_program() {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
    if (const std::string program = std::string(folder) + "dot"; std::filesystem::exists(program))
      return program;
  throw Skipped("needs Graphviz's dot: ./dev setup --peers");
}

}  // namespace

test::LayoutQuality quality_by_dot(const layout::Sketch& sketch) {
  const std::string program = dot_program();
  const TemporaryFolder folder;
  const std::string file = folder / "sketch.dot";
  std::ofstream(file) << DotText(sketch).write();
  std::istringstream plain(output_of({program, "-Tplain", file}));
  std::vector<Rect> boxes;
  std::vector<test::DrawnLine> lines;
  for (std::string row; std::getline(plain, row);) {
    std::istringstream words(row);
    std::string kind;
    words >> kind;
    if (kind == "node") boxes.push_back(read_box(words));
    if (kind == "edge") lines.push_back(read_line(words));
  }
  return test::quality_of(boxes, lines);
}

}  // namespace orrery::bench
