#include "bindings/statement.h"

#include <gtest/gtest.h>

namespace orrery::lua {
namespace {

Assignment read(const std::vector<std::string>& lines, int line = 1) { return assignment_at(lines, line); }

TEST(StatementTest, ReadsTheNamesOfAnAssignment) {
  EXPECT_EQ(read({"local a = f(x)"}).names, std::vector<std::string>{"a"});
  EXPECT_EQ(read({"a, b = f(x)"}).names, (std::vector<std::string>{"a", "b"}));
}

TEST(StatementTest, SeesNoNamesWhereNoneAreAssigned) {
  for (const char* line : {"return nn.Linear(2, 3)(x)", "f(x)", "x.y = f(x)", "x[1] = f(x)",
                           "if a == f(x) then", "end)", "", "a:b()"})
    EXPECT_TRUE(read({line}).names.empty()) << line;
  EXPECT_TRUE(read({"local a = f(x)"}, 0).names.empty());
  EXPECT_TRUE(read({"local a = f(x)"}, 2).names.empty());
}

struct Sample {
  const char* text;
  Expression::Kind kind;
  const char* name;
  int calls = 1;
};

TEST(StatementTest, FindsTheOutermostOperation) {
  using Kind = Expression::Kind;
  for (const Sample& s :
       std::vector<Sample>{{"x = pool(x)", Kind::call, "pool"},
                           {"x = nn.Linear(256, 10)", Kind::call, "nn.Linear"},
                           {"x = nn.Linear(256, 10)(x)", Kind::call, "nn.Linear", 2},
                           {"x = nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu()", Kind::method, "relu"},
                           {"local f = g:block('f', function(x) return a + b end)", Kind::method, "block"},
                           {"x = data.digits { batch = 64 }", Kind::call, "data.digits"},
                           {"x = g:input 'a'", Kind::method, "input"},
                           {"y = a + b * c", Kind::operation, "+"},
                           {"y = a * b + c", Kind::operation, "+"},
                           {"y = (a + b) * c", Kind::operation, "*"},
                           {"y = a - b + c", Kind::operation, "+"},
                           {"y = a + b - c", Kind::operation, "-"},
                           {"y = -x", Kind::operation, "neg"},
                           {"y = -x + 1", Kind::operation, "+"},
                           {"y = x ^ 2", Kind::operation, "^"},
                           {"y = x:relu() / 2", Kind::operation, "/"},
                           {"y = x[{ {0, 2}, 1 }]", Kind::index, ""},
                           {"y = x:size(0)[1]", Kind::index, ""},
                           {"y = self.pool(x)", Kind::call, "self.pool"},
                           {"y = a.b:c()(x)", Kind::call, ""},
                           {"y = x --[[ + z ]]:relu() -- - 1", Kind::method, "relu"},
                           {"y = f('a + b)')", Kind::call, "f"},
                           {"y = f([[ ) + ]])", Kind::call, "f"},
                           {"y = x", Kind::none, ""},
                           {"y = 3", Kind::none, ""}}) {
    const Expression value = read({s.text}).value;
    EXPECT_EQ(value.kind, s.kind) << s.text;
    EXPECT_EQ(value.name, s.name) << s.text;
    if (s.kind == Kind::call) {
      EXPECT_EQ(value.calls, s.calls) << s.text;
    }
  }
}

TEST(StatementTest, EndsAnExpressionBeforeTheNextStatement) {
  EXPECT_EQ(read({"x = f(x) y = a + b"}).value.name, "f");
  EXPECT_EQ(read({"x = f(x)", "y = a + b"}).value.name, "f");
  EXPECT_EQ(read({"x = f(x); y = a + b"}).value.name, "f");
}

TEST(StatementTest, ReadsStatementsOfSeveralLines) {
  const std::vector<std::string> lines{"local x = nn.Conv2d(1, 16,", "  3)(input)", "  :relu()",
                                       "local y = x", "  + 1"};
  EXPECT_EQ(read(lines, 1).value.name, "relu");
  EXPECT_EQ(read(lines, 3).names, std::vector<std::string>{"x"});
  EXPECT_EQ(read(lines, 5).value.name, "+");
}

TEST(StatementTest, ComesToAnEndOnTextThatIsNoLua) {
  for (const char* text : {"x = (((", "x = \"abc", "x = [[abc", "x = --[[", "x = +", "x = a +",
                           "x = :::", "x =", "x = )", "x = \\"})
    EXPECT_LE(read({text}).names.size(), 1u) << text;
}

TEST(StatementTest, TakesAnOperationForTheOneThatWasWritten) {
  EXPECT_TRUE(matches(Expression::call("nn.Linear", 2), Expression::call("Linear", 2)));
  EXPECT_FALSE(matches(Expression::call("nn.Linear", 1), Expression::call("Linear", 2)));
  EXPECT_FALSE(matches(Expression::call("nn.Linear", 2), Expression::call("Conv2d", 2)));
  EXPECT_TRUE(matches(Expression::method("relu"), Expression::method("relu")));
  EXPECT_FALSE(matches(Expression::method("relu"), Expression::call("relu")));
  EXPECT_FALSE(matches(Expression(), Expression()));
}

}  // namespace
}  // namespace orrery::lua
