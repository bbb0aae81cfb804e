#include "runtime/codegen/lua.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/codegen/lua_script.h"
#include "runtime/core/error.h"
#include "tests/graph/input_net.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct LuaNet : InputNet {
  using InputNet::InputNet;

  std::string code(const Value& result) { return lua_code(giving(result)); }
};

TEST(LuaCodeTest, AGraphReadsAsAPersonWouldHaveWrittenIt) {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  EXPECT_EQ(lua_code(b.graph), R"(local orrery = require "orrery"
local nn = orrery.nn

local g = orrery.graph "digits"
local image, label = g:input {
  image = { shape = { 1, 8, 8 } },
  label = { shape = {}, dtype = "int64", label = true },
}

local features = g:block("features", function(x)
  x = nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu()
  return nn.MaxPool2d(2)(x)
end)

local classifier = g:block("classifier", function(x)
  return nn.Linear(256, 10)(x:flatten(1))
end)

local x = features(image)
x = classifier(x)
local loss = nn.CrossEntropyLoss()(x, label)

return g, { loss = loss }
)");
}

TEST(LuaCodeTest, ARowOfEqualBlocksIsALoop) {
  LuaNet net;
  Value x = net.x;
  for (int i = 0; i < 4; ++i)
    net.block(std::to_string(i), [&] { x = net.transform("relu", {net.apply(net.linear(4, 4), {x})}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code,
              HasSubstr("-- 0, 1, 2, 3\nlocal function block(name)\n  return g:block(name, function(x)\n"
                        "    return nn.Linear(4, 4)(x):relu()\n  end)\nend\n"));
  EXPECT_THAT(code, HasSubstr("local x = image\nfor i = 0, 3 do x = block(tostring(i))(x) end\n"));
}

TEST(LuaCodeTest, BlocksOfOneNameCountThemselves) {
  LuaNet net;
  Value x = net.x;
  for (int i = 0; i < 3; ++i) net.block("unit", [&] { x = net.transform("relu", {x}); });
  EXPECT_THAT(net.code(x), HasSubstr("for _ = 1, 3 do x = unit()(x) end\n"));
}

TEST(LuaCodeTest, TwoBlocksAreNoLoop) {
  LuaNet net;
  Value x = net.x;
  for (int i = 0; i < 2; ++i) net.block("unit", [&] { x = net.transform("relu", {x}); });
  EXPECT_THAT(net.code(x), HasSubstr("local x = unit()(image)\nx = unit()(x)\n"));
}

TEST(LuaCodeTest, BlocksThatDifferInOptionsShareAFunction) {
  LuaNet net;
  Value x = net.x;
  for (const std::int64_t width : {8, 6})
    net.block("mlp", [&] { x = net.apply(net.linear(x.shape()[1].value(), width), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("local function mlp(in_features, out_features)\n"));
  EXPECT_THAT(code, HasSubstr("local x = mlp(4, 8)(image)\nx = mlp(8, 6)(x)\n"));
}

TEST(LuaCodeTest, AnOptionThatOneOfThemLeavesOutIsNilThere) {
  LuaNet net;
  Value x = net.x;
  for (const double p : {0.5, 0.1}) net.block("drop", [&] { x = net.apply("Dropout", {{"p", p}}, {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("local function drop(p)\n"));
  EXPECT_THAT(code, HasSubstr("return nn.Dropout(p)(x)\n"));
  EXPECT_THAT(code, HasSubstr("local x = drop()(image)\nx = drop(0.1)(x)\n"));
}

TEST(LuaCodeTest, OperatorsBindAsTheyDid) {
  LuaNet net;
  const Value sum = net.transform("add", {net.x, net.transform("mul", {net.x, net.x})});
  const Value both = net.transform("sub", {sum, net.transform("sub", {net.x, net.x})});
  const Value less = net.transform("rsub", {both, {}}, {{"other", std::int64_t{3}}});
  EXPECT_THAT(net.code(net.transform("neg", {less})),
              HasSubstr("-(3 - (image + image * image - (image - image)))"));
}

TEST(LuaCodeTest, WhatIsReadTwiceIsALocal) {
  LuaNet net;
  const Value y = net.transform("tanh", {net.x});
  EXPECT_THAT(net.code(net.transform("mul", {y, y})), HasSubstr("local x = image:tanh()\nx = x * x\n"));
}

TEST(LuaCodeTest, ALayerOfTwoBlocksStandsBeforeTheirFunctions) {
  LuaNet net;
  Value x = net.x;
  const LayerPtr shared = net.linear(4, 4);
  net.block("both", [&] {
    for (const char* name : {"a", "b"})
      net.block(name, [&] { x = net.transform(name[0] == 'a' ? "relu" : "tanh", {net.apply(shared, {x})}); });
  });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("function(x)\n  local linear = nn.Linear(4, 4)\n\n  local a = g:block("));
}

TEST(LuaCodeTest, ALongStatementBreaksOutsideOfBracketsFirst) {
  EXPECT_EQ(lua_statement("x = first_of_two(aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb) + "
                          "second_of_two(ccccccccccccc, dd)",
                          0),
            "x = first_of_two(aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb) +\n  "
            "second_of_two(ccccccccccccc, dd)\n");
  EXPECT_EQ(lua_statement("x = first_of_two(aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, "
                          "cccccccccccccccc):flatten(1, 2, 33)",
                          0),
            "x = first_of_two(aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccc)\n  "
            ":flatten(1, 2, 33)\n");
}

TEST(LuaCodeTest, ATiedWeightIsThatOfItsFirstOwner) {
  LuaNet net;
  const LayerPtr first = net.linear(4, 4), second = net.linear(4, 4);
  const Value x = net.apply(first, {net.x});
  second->tie("weight", first->parameter("weight"));
  const std::string code = net.code(net.apply(second, {x}));
  EXPECT_THAT(code, HasSubstr("local linear = nn.Linear(4, 4)\n"));
  EXPECT_THAT(code, HasSubstr("nn.Linear(4, 4, { weight = linear.weight })(linear(image))"));
}

TEST(LuaCodeTest, ABatchOfAKnownSizeIsStated) {
  LuaNet net({2, 4});
  EXPECT_THAT(net.code(net.transform("relu", {net.x})),
              HasSubstr("g:assume { N = 2 }\nlocal image = g:input"));
}

TEST(LuaCodeTest, FieldsThatBeginWithOtherSizesAreToldWhole) {
  Builder b;
  const Dim batch = Dim::symbol("batch");
  const std::vector<Value> fields = b.graph.input({{{"scale", {{}, DType::float32}},
                                                    {"state", {{2, batch, 4}, DType::float32}},
                                                    {"x", {{batch, 4}, DType::float32}}},
                                                   {},
                                                   "{}"});
  const Value sum = b.transform("add", {fields[2], b.transform("mul", {fields[1], fields[0]})});
  b.graph.use({Use::Kind::output, sum, "y"});
  const std::string code = lua_code(b.graph);
  EXPECT_THAT(code, HasSubstr("  scale = { shape = {}, batch = false },\n"));
  EXPECT_THAT(code, HasSubstr("  state = { shape = { 2, \"N\", 4 }, batch = false },\n"));
  EXPECT_THAT(code, HasSubstr("  x = { shape = { 4 } },\n"));
}

TEST(LuaCodeTest, FieldsOfKnownSizesThatDifferAreToldWhole) {
  Builder b;
  const std::vector<Value> fields =
      b.graph.input({{{"state", {{2, 1}, DType::float32}}, {"x", {{1, 4}, DType::float32}}}, {}, "{}"});
  b.graph.use({Use::Kind::output, b.transform("add", {fields[0], fields[1]}), "y"});
  const std::string code = lua_code(b.graph);
  EXPECT_THAT(code, HasSubstr("  state = { shape = { 2, 1 }, batch = false },\n"));
  EXPECT_THAT(code, HasSubstr("  x = { shape = { 1, 4 }, batch = false },\n"));
  EXPECT_THAT(code, Not(HasSubstr("g:assume")));
}

TEST(LuaCodeTest, ANameIsNeverCode) {
  LuaNet net;
  Value x = net.x;
  net.block("\") os.exit(1) --[[", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr(R"(g:block("\") os.exit(1) --[[", function(x))"));
  EXPECT_THAT(code, Not(HasSubstr("\n\")")));
}

TEST(LuaCodeTest, AKeywordIsNoLocal) {
  Builder b;
  const Value x = b.graph.input({{{"end", {{Dim::symbol("N"), 4}, DType::float32}, false}}, {}, "{}"})[0];
  b.graph.use({Use::Kind::output, b.transform("relu", {x}), "y"});
  EXPECT_THAT(lua_code(b.graph), HasSubstr("local end_ = g:input { [\"end\"] = { shape = { 4 } } }\n"));
}

TEST(LuaCodeTest, IntegersBeyondThoseOfDoublesAreRefusedAllAtOnce) {
  LuaNet net;
  Value x = net.x;
  for (int i = 0; i < 2; ++i)
    x = net.transform("slice", {x}, {{"dim", std::int64_t{1}}, {"end", (std::int64_t{1} << 53) + 1}});
  try {
    net.code(x);
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::check);
    EXPECT_THAT(error.message(), HasSubstr("slice (slice): its end is 9007199254740993"));
    EXPECT_THAT(error.message(), HasSubstr("slice_2 (slice): "));
  }
}

TEST(LuaCodeTest, TheLargestIntegerOfDoublesIsWritten) {
  LuaNet net;
  const Value x = net.transform("slice", {net.x}, {{"dim", std::int64_t{1}}, {"end", std::int64_t{1} << 53}});
  EXPECT_THAT(net.code(x), HasSubstr("[\"end\"] = 9007199254740992"));
}

TEST(LuaCodeTest, AnInputWithoutABatchIsToldWhole) {
  LuaNet net(Shape{});
  EXPECT_THAT(net.code(net.transform("relu", {net.x})),
              HasSubstr("g:input { image = { shape = {}, batch = false } }\n"));
}

}  // namespace
}  // namespace orrery
