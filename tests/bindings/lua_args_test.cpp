#include "bindings/lua_args.h"

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {
namespace {

const std::vector<Attribute>& schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "channels", .type = AttributeType::integer, .required = true, .min = 1},
      {.name = "kernel_size",
       .type = AttributeType::sizes,
       .value = std::vector<std::int64_t>{3, 3},
       .min = 1,
       .count = 2},
      {.name = "p", .type = AttributeType::real, .value = 0.5, .min = 0, .max = 1},
      {.name = "mode", .type = AttributeType::text, .value = "mean", .choices = {"mean", "sum"}},
      {.name = "bias", .type = AttributeType::boolean, .value = true},
      {.name = "dtype", .type = AttributeType::dtype, .value = DType::float32}};
  return kSchema;
}

// Answers with the options as text, and the extra `name` behind them.
int read(lua_State* L) {
  Extras extras{{"name", 0}};
  const Attributes options = read_options(L, 1, schema(), "thing", &extras);
  std::string text;
  for (const auto& entry : options.entries()) text += (text.empty() ? "" : " ") + str(entry.value);
  if (int name = extras.at("name")) text += std::string(" ") + lua_tostring(L, name);
  return push_text(L, text), 1;
}

int read_view(lua_State* L) {
  static const std::vector<Attribute> kSchema{
      {.name = "shape", .type = AttributeType::shape, .required = true, .min = -1, .variadic = true},
      {.name = "copy", .type = AttributeType::boolean, .value = false}};
  return push_text(L, str(read_options(L, 1, kSchema, "view").at("shape"))), 1;
}

class LuaArgsTest : public LuaTest {
 protected:
  void SetUp() override {
    set_function("thing", guarded<read>);
    set_function("view", guarded<read_view>);
    run("require 'orrery.core'");
  }
  std::string refusal(const std::string& call) {
    const std::string text = error_of(call);
    return text.substr(0, text.find('\n')).substr(std::string("test.lua:1: ").size());
  }
};

TEST_F(LuaArgsTest, ReadsPositionalArgumentsThenATable) {
  EXPECT_EQ(eval("thing(4)"), "4 {3, 3} 0.5 \"mean\" true \"float32\"");
  EXPECT_EQ(eval("thing(4, 5)"), "4 {5, 5} 0.5 \"mean\" true \"float32\"");
  EXPECT_EQ(eval("thing(4, {5, 6})"), "4 {5, 6} 0.5 \"mean\" true \"float32\"");
  EXPECT_EQ(eval("thing(4, 5, { mode = 'sum', name = 'n' })"), "4 {5, 5} 0.5 \"sum\" true \"float32\" n");
}

TEST_F(LuaArgsTest, ReadsAllInOneTable) {
  EXPECT_EQ(eval("thing{ channels = 4, kernel_size = {1, 2}, bias = false }"),
            "4 {1, 2} 0.5 \"mean\" false \"float32\"");
  EXPECT_EQ(eval("thing{ 4, 5, p = 0.25 }"), "4 {5, 5} 0.25 \"mean\" true \"float32\"");
  EXPECT_EQ(eval("thing{ 4, 5 }"), "4 {5, 5} 0.5 \"mean\" true \"float32\"");
}

TEST_F(LuaArgsTest, TakesNilForTheDefault) {
  EXPECT_EQ(eval("thing(4, nil, 1)"), "4 {3, 3} 1 \"mean\" true \"float32\"");
  EXPECT_EQ(eval("thing(4, nil, nil, { p = 0 })"), "4 {3, 3} 0 \"mean\" true \"float32\"");
}

TEST_F(LuaArgsTest, NamesTheNearestOptionOfAnUnknownOne) {
  EXPECT_EQ(refusal("thing(4, { kernel_sise = 3 })"),
            "thing: unknown option 'kernel_sise' (did you mean 'kernel_size'?)");
  EXPECT_EQ(refusal("thing(4, { nmae = 'x' })"), "thing: unknown option 'nmae' (did you mean 'name'?)");
  EXPECT_NE(refusal("thing(4, { zzzzzzzzz = 1 })").find("known: channels, kernel_size, p, mode"),
            std::string::npos);
}

TEST_F(LuaArgsTest, SaysWhatIsAllowed) {
  EXPECT_EQ(refusal("thing()"), "thing: channels is required: an integer ≥ 1");
  EXPECT_EQ(refusal("thing(0)"), "thing: channels must be an integer ≥ 1, got 0");
  EXPECT_EQ(refusal("thing(1.5)"), "thing: channels must be an integer ≥ 1, got 1.5");
  EXPECT_EQ(refusal("thing('4')"), "thing: channels must be an integer ≥ 1, got \"4\"");
  EXPECT_EQ(refusal("thing(4, { p = 1.5 })"), "thing: p must be a number between 0 and 1, got 1.5");
  EXPECT_EQ(refusal("thing(4, { p = 0/0 })"), "thing: p must be a number between 0 and 1, got nan");
  EXPECT_EQ(refusal("thing(4, { mode = 'man' })"),
            "thing: mode must be 'mean' or 'sum', got \"man\" (did you mean 'mean'?)");
  EXPECT_EQ(refusal("thing(4, { bias = 1 })"), "thing: bias must be true or false, got 1");
  EXPECT_EQ(refusal("thing(4, { bias = print })"), "thing: bias must be true or false, got a function");
  EXPECT_NE(refusal("thing(4, { dtype = 'float23' })").find("did you mean 'float32'?"), std::string::npos);
}

TEST_F(LuaArgsTest, RefusesListsOfAnotherLength) {
  EXPECT_NE(refusal("thing(4, {1, 2, 3})").find("kernel_size must be"), std::string::npos);
  EXPECT_NE(refusal("thing(4, {1, 'x'})").find("got a string in its list"), std::string::npos);
}

TEST_F(LuaArgsTest, RefusesTooManyArguments) {
  EXPECT_NE(refusal("thing(4, 5, 0.5, 'sum', true, 'float32', 7)").find("takes at most 6 arguments"),
            std::string::npos);
}

TEST_F(LuaArgsTest, RefusesNamedOptionsInTwoPlaces) {
  EXPECT_EQ(refusal("thing(4, { channels = 4 })"), "thing: channels is given twice");
  EXPECT_NE(refusal("thing(4, { 5, p = 1 })").find("stand beside named options"), std::string::npos);
  EXPECT_NE(refusal("thing{ channels = 4, [true] = 1 }"), "");
}

TEST_F(LuaArgsTest, TakesListsAsSeparateArguments) {
  EXPECT_EQ(eval("view(2, -1)"), "{2, -1}");
  EXPECT_EQ(eval("view{2, -1}"), "{2, -1}");
  EXPECT_EQ(eval("view(2, -1, { copy = true })"), "{2, -1}");
  EXPECT_NE(refusal("view(2, 'x')"), "");
}

TEST_F(LuaArgsTest, ReadsTextsOfTheCommandLineByTheirType) {
  EXPECT_EQ(value_of_text(schema()[0], "4"), AttributeValue(std::int64_t{4}));
  EXPECT_EQ(value_of_text(schema()[1], "4,5"), AttributeValue(std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(value_of_text(schema()[1], "[4,5]"), AttributeValue(std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(value_of_text(schema()[2], "0.25"), AttributeValue(0.25));
  EXPECT_EQ(value_of_text(schema()[3], "sum"), AttributeValue(std::string("sum")));
  EXPECT_EQ(value_of_text(schema()[4], "false"), AttributeValue(false));
  EXPECT_EQ(value_of_text(schema()[5], "float16"), AttributeValue(DType::float16));
  for (const char* text : {"", "x", "4x", "1.5", "0"})
    EXPECT_THROW(value_of_text(schema()[0], text), Error) << text;
  EXPECT_THROW(value_of_text(schema()[4], "yes"), Error);
  EXPECT_EQ(value_of_text(schema()[1], "{4,55}"), AttributeValue(std::vector<std::int64_t>{4, 55}));
  for (const char* text : {"[4,55", "{4,55]", "[", "[]"})
    EXPECT_THROW(value_of_text(schema()[1], text), Error) << text;
}

}  // namespace
}  // namespace orrery::lua
