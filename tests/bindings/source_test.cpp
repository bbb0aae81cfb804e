#include <fstream>

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {
namespace {

// The script of DESIGN.md, without what needs the engine.
constexpr const char* kExample = R"(local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local config = orrery.config { epochs = 30, lr = 3e-3, batch = 64 }

local g = orrery.graph "digits"
local image, label = g:input(data.digits { batch = config.batch, shuffle = true })

local features = g:block("features", function(x)
  x = nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu()
  return nn.MaxPool2d(2)(x)
end)
local classifier = g:block("classifier", function(x)
  return nn.Linear(256, 10)(x:flatten(1))
end)
local logits = classifier(features(image))
local loss = nn.CrossEntropyLoss()(logits, label)
)";

class SourceTest : public LuaTest {
 protected:
  // The file is really there: labels are read from it.
  void write(const std::string& text) {
    path_ = ::testing::TempDir() + "orrery_source_test.lua";
    std::ofstream(path_) << text;
  }

  void run_file(const std::string& text) {
    write(text);
    push_chunk(L, text, path_);
    if (lua_pcall(L, 0, 0, 0) != 0) {
      ADD_FAILURE() << lua_tostring(L, -1);
      lua_pop(L, 1);
    }
  }

  std::shared_ptr<Graph> graph() { return border(L).graphs().at(0); }

  const Node& node(const std::string& path) {
    for (const auto& each : graph()->nodes())
      if (each->path() == path) return *each;
    throw std::runtime_error("no node " + path);
  }
  int line(const std::string& path) { return node(path).origin().site.line; }
  std::string label(const std::string& path) { return node(path).origin().label; }

  void TearDown() override {
    LuaTest::TearDown();
    std::remove(path_.c_str());
  }

  std::string path_;
};

TEST_F(SourceTest, KnowsTheLineOfEveryNodeOfTheExample) {
  run_file(kExample);
  EXPECT_EQ(line("input"), 7);
  EXPECT_EQ(line("features/conv2d"), 10);
  EXPECT_EQ(line("features/relu"), 10);
  EXPECT_EQ(line("features/max_pool2d"), 11);
  EXPECT_EQ(line("classifier/flatten"), 14);
  EXPECT_EQ(line("classifier/linear"), 14);
  EXPECT_EQ(line("cross_entropy_loss"), 17);
  EXPECT_EQ(node("features/max_pool2d").origin().site.file, path_);
}

TEST_F(SourceTest, KnowsTheLineOfEveryBlockCallOfTheExample) {
  run_file(kExample);
  for (const auto& block : graph()->root().children())
    EXPECT_EQ(block->origin().site.line, 16) << block->name();
}

TEST_F(SourceTest, LabelsWhatAStatementAssignsAndNothingElse) {
  run_file(kExample);
  EXPECT_EQ(label("input"), "image");
  EXPECT_EQ(label("features/relu"), "x");
  EXPECT_EQ(label("features/conv2d"), "");
  EXPECT_EQ(label("features/max_pool2d"), "");
  EXPECT_EQ(label("cross_entropy_loss"), "loss");
  EXPECT_EQ(node("features/conv2d").block().origin().label, "");
  EXPECT_EQ(node("classifier/linear").block().origin().label, "logits");
  EXPECT_EQ(graph()->origin().label, "g");
}

constexpr const char* kHead = R"(local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "g"
local x = g:input{ x = { shape = {8} } }
)";

TEST_F(SourceTest, GivesASharedLayersNodesTheirOwnLines) {
  run_file(std::string(kHead) + "local fc = nn.Linear(8, 8)\nx = fc(x)\nx = fc(x)\n");
  EXPECT_EQ(line("linear"), 6);
  EXPECT_EQ(line("linear_2"), 7);
  EXPECT_EQ(label("linear"), "x");
}

TEST_F(SourceTest, FindsALineThatATailCallLost) {
  run_file(std::string(kHead) + R"(local function dense(v)
  local w = v:tanh()
  return nn.Linear(8, 8)(w)
end
local function act(v)
  return v:relu()
end
x = dense(x)
x = act(x)
)");
  EXPECT_EQ(line("tanh"), 6);
  EXPECT_EQ(line("linear"), 7);
  EXPECT_EQ(line("relu"), 10);
}

TEST_F(SourceTest, TakesTheLineOfTheCallForALayerMadeInAFunctionAndAppliedOutside) {
  run_file(std::string(kHead) + R"(local function make()
  local fc = nn.Linear(8, 8)
  return fc
end
local fc = make()
local y = x:relu()
y = fc(y)
)");
  EXPECT_EQ(line("linear"), 11);
}

TEST_F(SourceTest, LabelsOperatorsAndIndexing) {
  run_file(std::string(kHead) + "local y = x + 1\nlocal z = -(y * 2)\nlocal first = z[{ {}, 0 }]\n");
  EXPECT_EQ(label("add"), "y");
  EXPECT_EQ(label("mul"), "");
  EXPECT_EQ(label("neg"), "z");
  EXPECT_EQ(label("select"), "first");
}

TEST_F(SourceTest, FollowsAChainOverSeveralLines) {
  run_file(std::string(kHead) + "local y = x\n  :relu()\n  :tanh()\n");
  EXPECT_EQ(line("relu"), 6);
  EXPECT_EQ(line("tanh"), 7);
  EXPECT_EQ(label("tanh"), "y");
}

TEST_F(SourceTest, NamesTheFirstLineOutsideTheLibrary) {
  run_file(std::string(kHead) + "library = { apply = function(v) return v:relu() end }\n");
  border(L).sites.add_library("@library/");
  run("function through(v) local y = v:sigmoid() return y end", "@library/through.lua");
  write(std::string(kHead) + "local y =\n  through(x)\n");
  push_chunk(L, std::string(kHead) + "local y =\n  through(x)\n", path_);
  ASSERT_EQ(lua_pcall(L, 0, 0, 0), 0) << lua_tostring(L, -1);
  EXPECT_EQ(border(L).graphs().back()->nodes().back()->origin().site.line, 6);
}

TEST_F(SourceTest, KnowsLinesInsideCoroutines) {
  run_file(std::string(kHead) +
           "local co = coroutine.wrap(function()\n  local y = x:relu()\n  return y\nend)\nco()\n");
  EXPECT_EQ(line("relu"), 6);
}

TEST_F(SourceTest, SurvivesDeepRecursion) {
  run_file(std::string(kHead) +
           "local function deep(n, v)\n  if n == 0 then local y = v:relu() return y end\n"
           "  local y = deep(n - 1, v)\n  return y\nend\ndeep(5000, x)\n");
  EXPECT_EQ(line("relu"), 6);
}

TEST_F(SourceTest, ReportsAShapeErrorAtTheNodesLineWithTheBlocksCall) {
  write(std::string(kHead) + R"(local body = g:block("body", function(v)
  return nn.Linear(9, 2)(v)
end)
local y = body(x)
)");
  const std::string text = error_of(std::string(kHead) + R"(local body = g:block("body", function(v)
  return nn.Linear(9, 2)(v)
end)
local y = body(x)
)",
                                    "@" + path_);
  EXPECT_EQ(text.find(path_ + ":6: body/linear (Linear) expects"), 0u) << text;
  EXPECT_NE(text.find("input.x (" + path_ + ":4)"), std::string::npos) << text;
  EXPECT_NE(text.find("in block body called at " + path_ + ":8"), std::string::npos) << text;
}

}  // namespace
}  // namespace orrery::lua
