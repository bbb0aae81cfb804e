// docs/graph.schema.json and what the writer gives and the reader takes.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/graph/json.h"
#include "runtime/graph/structural_hash.h"
#include "tests/files/places.h"
#include "tests/graph/random_graph.h"

#if __has_include(<valijson/validator.hpp>)
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#define ORRERY_HAS_VALIJSON 1
#endif

namespace orrery {
namespace {

using nlohmann::json;

json written_digits() {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  return json::parse(to_json(b.graph));
}

std::unique_ptr<Graph> read_again(const std::string& text) {
  Runtime runtime;
  return graph_from_json(text, operations(), runtime, "net.json");
}

TEST(JsonSchemaTest, RandomGraphsComeBackWithTheSameBytesAndHash) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const RandomGraph random(seed);
    const std::string text = to_json(random.graph());
    const auto restored = read_again(text);
    ASSERT_EQ(to_json(*restored), text) << "seed " << seed;
    ASSERT_EQ(structural_hash(*restored), structural_hash(random.graph())) << "seed " << seed;
  }
}

#ifdef ORRERY_HAS_VALIJSON

class GraphSchema {
 public:
  GraphSchema() {
    std::ifstream file(in_source("docs/graph.schema.json"));
    const json text = json::parse(file);
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema_);
  }
  bool allows(const json& graph) const {
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(graph), nullptr);
  }

 private:
  valijson::Schema schema_;
};

TEST(JsonSchemaTest, TheSchemaAllowsWhatIsWritten) {
  const GraphSchema schema;
  EXPECT_TRUE(schema.allows(written_digits()));
  for (unsigned seed = 0; seed < 60; ++seed) {
    const json text = json::parse(to_json(RandomGraph(seed).graph()));
    ASSERT_TRUE(schema.allows(text)) << "seed " << seed << "\n" << text.dump(1);
  }
}

TEST(JsonSchemaTest, TheSchemaRefusesWhatTheReaderRefusesByItsForm) {
  const GraphSchema schema;
  void (*changes[])(json&) = {
      [](json& g) { g["format"] = "other"; },
      [](json& g) { g["version"] = 2; },
      [](json& g) { g.erase("version"); },
      [](json& g) { g.erase("nodes"); },
      [](json& g) { g["nodes"] = 3; },
      [](json& g) { g["nodes"][0]["fields"] = json::array(); },
      [](json& g) { g["nodes"][0]["fields"][0]["dtype"] = "float3"; },
      [](json& g) { g["nodes"][0]["fields"][0]["shape"] = "N"; },
      [](json& g) { g["nodes"][1]["inputs"][0][0] = -1; },
      [](json& g) { g["nodes"][1]["inputs"][0] = 7; },
      [](json& g) { g["nodes"][1].erase("inputs"); },
      [](json& g) { g["nodes"][1]["layer"] = -1; },
      [](json& g) { g["nodes"][1].erase("name"); },
      [](json& g) { g["nodes"][1]["name"] = ""; },
      [](json& g) { g["nodes"][1]["name"] = "a/b"; },
      [](json& g) { g["nodes"][1]["name"] = std::string(201, 'n'); },
      [](json& g) { g["name"] = ""; },
      [](json& g) { g["layers"][0].erase("op"); },
      [](json& g) { g["layers"][0]["frozen"] = "weight"; },
      [](json& g) { g["uses"][0]["kind"] = "odd"; },
      [](json& g) { g["uses"][0].erase("value"); },
      [](json& g) { g["blocks"][0].erase("path"); },
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    json graph = written_digits();
    changes[i](graph);
    EXPECT_FALSE(schema.allows(graph)) << "change " << i;
    EXPECT_THROW(read_again(graph.dump()), Error) << "change " << i;
  }
}

#else

TEST(JsonSchemaTest, TheSchemaAllowsWhatIsWritten) {
  GTEST_SKIP() << "libvalijson-dev is not installed: ./dev setup installs it";
}

#endif

}  // namespace
}  // namespace orrery
