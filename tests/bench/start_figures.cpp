// Whole processes, from their start to their end: what someone who types a command waits for.

#include <fstream>

#include "tests/bench/child.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery::bench {
namespace {

constexpr int kRepetitions = 20;
const std::string kProgram = in_build("orrery");
const std::string kScripts = in_source("tests/bench/scripts");
const std::string kScript = in_source("examples/01_digits.lua");

Command in_program(Command arguments) {
  arguments.insert(arguments.begin(), kProgram);
  return arguments;
}

std::function<Measured()> whole(const Command& arguments, int repetitions = kRepetitions) {
  return [=] { return Measured{process_times(repetitions, in_program(arguments)), {}}; };
}

#ifdef ORRERY_BENCH_RENDERERS
// The digits script, as somebody saves it with one line more each time.
Measured redrawn() {
  int saved = 0;
  const auto save = [&](const std::string& folder) {
    std::ofstream(folder + "/digits.lua") << content_of(kScript) << "-- saved " << ++saved << " times\n";
  };
  const Command command = in_program({"watch", "digits.lua", "-o", "digits.pdf"});
  return {answer_times(kRepetitions, command, "digits.pdf: ", save), {}};
}

Command many_nodes(const Command& options) {
  Command command{"render", kScripts + "/residual.lua", "nodes=20000", "--no-fold", "-o", "net.pdf"};
  command.insert(command.end(), options.begin(), options.end());
  return command;
}
#endif

#ifdef ORRERY_BENCH_ENGINE
Measured first_step() {
  const Command command{kProgram, "run", kScripts + "/first_step.lua", "--", kScript};
  return {first_output_times(10, command), {}};
}
#endif

}  // namespace

std::vector<Figure> start_figures() {
  return {
      {"start.version", "orrery --version, start to end", kMilliseconds, whole({"--version"}), 15},
      {"start.check", "orrery check of the digits script, start to end", kMilliseconds,
       whole({"check", kScript}), 30},
      {"start.summary", "orrery summary of the digits script, start to end", kMilliseconds,
       whole({"summary", kScript}), 30},
      {"start.check_resnet152", "orrery check of the zoo's resnet152, start to end", kMilliseconds,
       whole({"check", kScripts + "/model.lua"}), 100},
      {"start.check_gpt2", "orrery check of the zoo's gpt2 with 48 layers, start to end", kMilliseconds,
       whole({"check", kScripts + "/model.lua", "name=gpt2"}), 100},
      {"start.export_gpt2", "orrery export of the zoo's gpt2 as a module of PyTorch, start to end",
       kMilliseconds, whole({"export", "gpt2", "--to", "pytorch", "-o", "-"}), 100},
      {"start.export_gpt2_lua", "the same as a script of Lua", kMilliseconds,
       whole({"export", "gpt2", "--to", "lua", "-o", "-"}), 100},
#ifdef ORRERY_BENCH_RENDERERS
      {"start.render", "orrery render of the digits script to PDF, start to end", kMilliseconds,
       whole({"render", kScript, "-o", "digits.pdf"}), 30},
      {"start.render_100", "orrery render of a script with 100 nodes to PDF, start to end", kMilliseconds,
       whole({"render", kScripts + "/residual.lua", "-o", "residual.pdf"}), 50},
      {"start.render_resnet152", "orrery render of the zoo's resnet152 to PDF, start to end", kMilliseconds,
       whole({"render", kScripts + "/model.lua", "-o", "net.pdf"}), 80},
      {"start.render_gpt2", "the same of gpt2 with 48 layers, drawn once", kMilliseconds,
       whole({"render", kScripts + "/model.lua", "name=gpt2", "-o", "net.pdf"}), 80},
      {"start.render_gpt2_open", "the same with each of the 48 layers drawn", kMilliseconds,
       whole({"render", kScripts + "/model.lua", "name=gpt2", "--no-fold", "-o", "net.pdf"}), 150},
      {"start.render_dense", "orrery render of 64 layers that each read all before to PDF, start to end",
       kMilliseconds, whole({"render", kScripts + "/dense.lua", "-o", "net.pdf"}), 150},
      {"start.render_20000", "orrery render of 20,000 nodes with all shapes to PDF, start to end",
       kMilliseconds, whole(many_nodes({"--all-shapes"}), 3), 2500},
      {"start.render_20000_bare", "the same without shapes and names", kMilliseconds,
       whole(many_nodes({"--no-shapes", "--no-names"}), 3), 1200},
      {"start.watch", "orrery watch: the digits script is saved, until it is checked and drawn again",
       kMilliseconds, redrawn, 100},
      {"start.render_20000_memory", "the most memory that the render with all shapes has", kMebibytes,
       [] {
         return Measured{{{peak_bytes(in_program(many_nodes({"--all-shapes"})))}}, {}};
       },
       286},
#endif
#ifdef ORRERY_BENCH_ENGINE
      {"start.first_step", "orrery run of the digits script, start to the end of the first training step",
       kMilliseconds, first_step, 600},
#endif
  };
}

}  // namespace orrery::bench
