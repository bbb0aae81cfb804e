// Graphs of JSON that are broken on purpose: each is refused in words, or read as it says.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/graph/json.h"
#include "tests/graph/builder.h"

namespace orrery {
namespace {

using nlohmann::json;

// `x` goes through so many ReLUs.
json chain_of(int length) {
  json graph = {
      {"format", "orrery.graph"}, {"version", 1},           {"name", "chain"},      {"blocks", json::array()},
      {"layers", json::array()},  {"nodes", json::array()}, {"uses", json::array()}};
  graph["nodes"].push_back({{"op", "input"},
                            {"name", "x"},
                            {"block", ""},
                            {"fields", {{{"name", "x"}, {"shape", {"N", 4}}, {"dtype", "float32"}}}}});
  for (int i = 0; i < length; ++i)
    graph["nodes"].push_back(
        {{"op", "relu"}, {"name", "r" + std::to_string(i)}, {"block", ""}, {"inputs", {{i, 0}}}});
  return graph;
}

// The text of a graph in which `HERE` stands for something that JSON writers do not write.
std::string with(const std::string& what, void (*place)(json&), const std::string& text) {
  json graph = chain_of(2);
  place(graph);
  std::string written = graph.dump();
  const size_t at = written.find("\"" + what + "\"");
  return written.replace(at, what.size() + 2, text);
}

// What reading a text is refused with; empty when it is read.
std::string refusal_of_json(const std::string& text) {
  Runtime runtime;
  try {
    graph_from_json(text, operations(), runtime, "net.json");
  } catch (const CheckError& error) {
    return error.what();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input_file) << error.what();
    EXPECT_TRUE(error.message().starts_with("net.json: ")) << error.message();
    return error.message();
  }
  return "";
}

void expect_fault(const std::string& text, const std::string& because) {
  EXPECT_NE(refusal_of_json(text).find(because), std::string::npos)
      << "expected: " << because << "\ngot: " << refusal_of_json(text);
}

TEST(JsonFaultsTest, TextsThatAreNoJsonAreRefused) {
  const std::string whole = chain_of(2).dump();
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("\0", 1), std::string("nan"), whole + "}", whole + whole,
        whole.substr(0, whole.size() - 1), "<!DOCTYPE html><html></html>" + std::string(),
        std::string("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")})
    expect_fault(text, "not valid JSON");
}

TEST(JsonFaultsTest, OtherRootsAreNoGraph) {
  for (const char* text :
       {"[]", "3", "null", "\"graph\"", "{}", R"({"format":3})", R"({"format":"ORRERY.graph"})"})
    EXPECT_NE(refusal_of_json(text), "") << text;
}

TEST(JsonFaultsTest, ByteOrderMarksAndWindowsLinesAreRead) {
  const std::string pretty = chain_of(2).dump(2);
  std::string windows;
  for (const char c : pretty) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(refusal_of_json(windows), "");
  EXPECT_EQ(refusal_of_json("\xEF\xBB\xBF" + pretty), "");
}

TEST(JsonFaultsTest, KeysThatStandTwiceAreRefused) {
  const std::string text = chain_of(1).dump();
  expect_fault("{\"name\":\"a\"," + text.substr(1), "the key 'name' stands twice");
  std::string inside = text;
  inside.replace(inside.find("\"op\":\"relu\""), 11, "\"op\":\"relu\",\"op\":\"relu\"");
  expect_fault(inside, "the key 'op' stands twice");
}

TEST(JsonFaultsTest, NestingIsReadTo512) {
  const auto nested = [](int depth) {
    json graph = chain_of(1);
    graph["uses"] = "HERE";
    std::string text = graph.dump();
    return text.replace(text.find("\"HERE\""), 6, std::string(depth, '[') + std::string(depth, ']'));
  };
  expect_fault(nested(513), "nested deeper than 512");
  expect_fault(nested(100'000), "nested deeper than 512");
  EXPECT_EQ(refusal_of_json(nested(500)).find("nested deeper"), std::string::npos);
}

TEST(JsonFaultsTest, NumbersThatDoNotFitAreRefused) {
  const auto clamp = [](json& g) {
    g["nodes"][1]["op"] = "clamp";
    g["nodes"][1]["inputs"] = {{0, 0}, nullptr, nullptr};
    g["nodes"][1]["attributes"] = {{"min", "HERE"}};
  };
  const auto sized = [](json& g) { g["nodes"][0]["fields"][0]["shape"][1] = "HERE"; };
  const auto read_from = [](json& g) { g["nodes"][1]["inputs"][0][0] = "HERE"; };
  for (const char* text : {"1e400", "-1e400", "NaN", "Infinity", "-Infinity", "0x10", "01", "+1", "1."})
    EXPECT_NE(refusal_of_json(with("HERE", clamp, text)), "") << text;
  for (const char* text : {"-0", "-0.0", "9007199254740993", "1e308", "\"inf\"", "\"-inf\""})
    EXPECT_EQ(refusal_of_json(with("HERE", clamp, text)), "") << text;
  for (const char* text : {"18446744073709551616", "9223372036854775808", "18446744073709551615", "-1", "1.5",
                           "null", "true", "[]", "{}", "\"N+\"", "\"\"", "\"1/0\""})
    EXPECT_NE(refusal_of_json(with("HERE", sized, text)), "") << text;
  for (const char* text : {"18446744073709551615", "-1", "99", "\"x\"", "null", "[]", "{}"})
    EXPECT_NE(refusal_of_json(with("HERE", read_from, text)), "") << text;
}

TEST(JsonFaultsTest, TextsMustBeUtf8) {
  const auto named = [](json& g) { g["nodes"][1]["name"] = "HERE"; };
  for (const char* text :
       {"\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xFF\"", "\"\\ud800\"", "\"\\udc00\"", "\"\x01\""})
    EXPECT_NE(refusal_of_json(with("HERE", named, text)), "") << text;
  EXPECT_NE(refusal_of_json(with("HERE", named, "\"a\\u0000b\"")), "");
  EXPECT_EQ(refusal_of_json(with("HERE", named, "\"Schicht \\u00e9 \\ud83d\\ude00\"")), "");
}

TEST(JsonFaultsTest, NamesThatNoScriptCouldGiveAreRefused) {
  const std::string longest(200, 'n');
  void (*places[])(json&, const std::string&) = {
      [](json& g, const std::string& name) { g["name"] = name; },
      [](json& g, const std::string& name) { g["nodes"][0]["name"] = name; },
      [](json& g, const std::string& name) { g["nodes"][1]["name"] = name; },
      [](json& g, const std::string& name) {
        g["layers"] = {{{"op", "ReLU"}, {"name", name}}};
      }};
  for (const auto place : places) {
    const auto named = [&](const std::string& name) {
      json graph = chain_of(2);
      place(graph, name);
      return graph.dump();
    };
    for (const std::string& name : {std::string(), std::string("a/b"), std::string("a\nb"), longest + "n"})
      expect_fault(named(name), "cannot be a name");
    EXPECT_EQ(refusal_of_json(named(longest)), "");
  }
}

TEST(JsonFaultsTest, ANameThatStandsTwiceInABlockIsRefused) {
  json graph = chain_of(2);
  graph["nodes"][2]["name"] = "r0";
  expect_fault(graph.dump(), "the name 'r0' is taken in graph 'chain'");
  graph["blocks"] = {{{"path", "a"}}, {{"path", "a"}}};
  expect_fault(graph.dump(), "the block 'a' stands twice");
}

TEST(JsonFaultsTest, VersionsOfOthersAreRefused) {
  const auto versioned = [](const json& version) {
    json graph = chain_of(1);
    graph["version"] = version;
    return graph.dump();
  };
  expect_fault(versioned(2), "written by a newer Orrery (graph version 2; this one reads 1)");
  expect_fault(versioned(std::int64_t{1} << 40), "written by a newer Orrery");
  for (const json& version : {json(0), json(-1), json("1"), json(nullptr), json::array()})
    EXPECT_NE(refusal_of_json(versioned(version)), "") << version;
  json graph = chain_of(1);
  graph.erase("version");
  EXPECT_NE(refusal_of_json(graph.dump()), "");
}

TEST(JsonFaultsTest, LinksThatLeadNowhereAreNamed) {
  const auto linked = [](const json& inputs) {
    json graph = chain_of(2);
    graph["nodes"][2]["inputs"] = inputs;
    return graph.dump();
  };
  expect_fault(linked({{7, 0}}), "node 2 reads node 7, which does not exist");
  expect_fault(linked({{1, 3}}), "'r0' has no output 3");
  expect_fault(linked({{1, -1}}), "'r0' has no output -1");
  EXPECT_NE(refusal_of_json(linked({{1, 0}, {1, 0}})), "");
  EXPECT_NE(refusal_of_json(linked(json::array())), "");
  EXPECT_NE(refusal_of_json(linked({{1}})), "");
  EXPECT_NE(refusal_of_json(linked({{{"node", 1}}})), "");
}

TEST(JsonFaultsTest, WhatIsNoListIsNotTakenForOne) {
  for (const char* key : {"blocks", "layers", "nodes", "uses"})
    for (const json& other : {json(3), json("x"), json::object(), json(nullptr)}) {
      json graph = chain_of(1);
      graph[key] = other;
      EXPECT_NE(refusal_of_json(graph.dump()), "") << key << " " << other;
      graph.erase(key);
      EXPECT_NE(refusal_of_json(graph.dump()), "") << key;
    }
  json graph = chain_of(1);
  graph["layers"] = {{{"op", "ReLU"}, {"name", "r"}, {"frozen", "weight"}}};
  expect_fault(graph.dump(), "'frozen' is a list, got string");
}

TEST(JsonFaultsTest, CyclesOfAnyLengthAreNamed) {
  for (const int length : {1, 2, 1000}) {
    json graph = chain_of(length);
    graph["nodes"][1]["inputs"][0][0] = length;
    const std::string refusal = refusal_of_json(graph.dump());
    EXPECT_NE(refusal.find("the graph has a cycle: r0"), std::string::npos) << refusal.substr(0, 200);
  }
}

TEST(JsonFaultsTest, OperationsAndOptionsThatAreWrongAreNamed) {
  const auto changed = [](void (*change)(json & node)) {
    json graph = chain_of(1);
    change(graph["nodes"][1]);
    return graph.dump();
  };
  expect_fault(changed([](json& n) { n["op"] = "rleu"; }), "did you mean 'ReLU'?");
  expect_fault(changed([](json& n) { n["attributes"] = {{"slope", 1}}; }), "unknown option 'slope'");
  const auto flatten = [](json& n, const json& start) {
    n["op"] = "flatten";
    n["attributes"] = {{"start_dim", start}};
  };
  for (const json& start : {json("one"), json(1.5), json(true), json::array({1}), json(9)}) {
    json graph = chain_of(1);
    flatten(graph["nodes"][1], start);
    expect_fault(graph.dump(), "start_dim");
  }
}

TEST(JsonFaultsTest, AHundredThousandNodesAreRead) {
  for (const int length : {0, 1, 1000, 100'000})
    EXPECT_EQ(refusal_of_json(chain_of(length).dump()), "") << length;
}

TEST(JsonFaultsTest, MoreThanAMillionNodesAreRefusedBeforeAnyIsMade) {
  std::string nodes = "[0";
  for (int i = 0; i < (1 << 20); ++i) nodes += ",0";
  json graph = chain_of(0);
  graph["nodes"] = "HERE";
  std::string text = graph.dump();
  expect_fault(text.replace(text.find("\"HERE\""), 6, nodes + "]"), "more than 1048576 nodes");
}

}  // namespace
}  // namespace orrery
