#include "bindings/artifact_options.h"

#include "runtime/history/artifact.h"

namespace orrery::lua {

const std::vector<Attribute>& artifact_options() {
  static const std::vector<Attribute> kSchema{
      {.name = "name", .type = AttributeType::text, .doc = "what the file shows", .value = ""},
      {.name = "kind", .type = AttributeType::text, .doc = "a word for filters", .value = "file"},
      {.name = "step", .doc = "the step that it shows", .min = 0}};
  return kSchema;
}

ArtifactRecord read_artifact(const std::string& path, const Attributes& options) {
  ArtifactRecord file = artifact_of_file(options.text("kind"), path);
  file.name = options.text("name");
  if (options.has("step")) file.step = options.integer("step");
  return file;
}

}  // namespace orrery::lua
