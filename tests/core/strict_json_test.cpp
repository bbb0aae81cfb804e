#include "runtime/core/strict_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"

namespace orrery {
namespace {

void expect_refused(const std::string& text, const std::string& because) {
  try {
    parse_strict_json(text, "model.json");
    ADD_FAILURE() << "accepted: " << text.substr(0, 60);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input_file);
    EXPECT_TRUE(error.message().starts_with("model.json: ")) << error.message();
    EXPECT_NE(error.message().find(because), std::string::npos) << error.message();
  }
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(StrictJsonTest, ReadsWhatIsValid) {
  EXPECT_EQ(parse_strict_json(R"({"a":[1,2.5,"x",null,true],"b":{"a":1}})", "t").at("a").at(1), 2.5);
}

TEST(StrictJsonTest, RefusesAKeyThatStandsTwiceInOneObject) {
  expect_refused(R"({"a":1,"a":2})", "the key 'a' stands twice");
  expect_refused(R"({"x":{"a":1,"b":2,"a":3}})", "the key 'a' stands twice");
}

TEST(StrictJsonTest, NestsAtMost512Deep) {
  EXPECT_NO_THROW(parse_strict_json(nested(512), "t"));
  expect_refused(nested(514), "nested deeper");
  expect_refused(nested(100000), "nested deeper");
}

TEST(StrictJsonTest, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "{\"a\":}", "[1,]", "NaN", "1e400", "\"\xff\"", "{} x", "'a'"})
    expect_refused(text, "not valid JSON");
}

}  // namespace
}  // namespace orrery
