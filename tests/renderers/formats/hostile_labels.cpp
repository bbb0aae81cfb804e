#include "tests/renderers/formats/hostile_labels.h"

#include "tests/renderers/example_graphs.h"

namespace orrery::test {

const std::vector<std::string>& hostile_labels() {
  static const std::vector<std::string> labels = {"<script>alert(1)</script>",
                                                  "a & b &amp; &#0; ]]> <!-- -->",
                                                  "\"quoted\" 'single' `back`",
                                                  "back\\slash \\N \\G \\l \\end{document} \\input{x}",
                                                  "} ] ) ; { [ ( |",
                                                  "%% comment %%{init: {}}%% # $ ^ ~ _ *bold*",
                                                  "1. list - item + item",
                                                  "end subgraph graph click style",
                                                  "two\nlines\tand\r\nmore",
                                                  std::string("\x01\x07\x1b[31m\x7f\xff\xc0\xaf", 11),
                                                  "\xE2\x80\xAE right to left \xE2\x80\x8F",
                                                  "שלום עולם",
                                                  "مرحبا",
                                                  "深度学习",
                                                  "😀👩‍👩‍👧",
                                                  "e\xCC\x81\xCC\x82\xCC\x83",
                                                  "\xF4\x8F\xBF\xBD \xEE\x80\x80",
                                                  "",
                                                  " ",
                                                  std::string(10000, 'x')};
  return labels;
}

Diagram labelled_diagram(const std::string& label) {
  Sketcher s(label.empty() ? "empty" : "graph");
  const Value x = s.input({{"x", {4}}})[0];
  s.graph->begin_block("block").set_title(label);
  const Value y = s.relu(x);
  s.relu(y);
  s.graph->end_block();
  Diagram diagram = make_diagram(*s.graph, {});
  Diagram other = diagram;
  for (DiagramBox& box : diagram.boxes)
    if (box.kind == DiagramBox::Kind::operation) {
      box.title = other.boxes[2].title;
      box.note = other.boxes[2].title;
      box.detail = other.boxes[2].title;
    }
  diagram.title = other.boxes[2].title;
  for (DiagramValue& value : diagram.values) value.label = other.boxes[2].title;
  return diagram;
}

}  // namespace orrery::test
