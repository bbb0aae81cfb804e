#include "runtime/formats/pt_reader.h"

#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"
#include "tests/formats/pickles.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFiles = in_source("tests/formats/fixtures/pt/");

const PtTensor& named(const PtReader& file, const std::string& name) {
  for (const PtTensor& tensor : file.tree().tensors)
    if (tensor.name == name) return tensor;
  throw std::out_of_range("no tensor " + name);
}

template <class T = float>
std::vector<T> values_of(const PtReader& file, const std::string& name) {
  const Bytes bytes = file.read(named(file, name));
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::string value_of(const PtReader& file, const std::string& name) {
  for (const PtValue& value : file.tree().values)
    if (value.name == name) return value.text;
  return "not there";
}

class PtReaderTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& bytes) {
    return error_of(Fault::input_file, [&] { read_all(folder_.put("f.pt", bytes)); });
  }
  std::string refusal_of_tensor(const std::string& tensor) { return refusal(pt_of_tensor(tensor)); }
  static void read_all(const std::string& path) {
    const PtReader file(path);
    for (const PtTensor& tensor : file.tree().tensors) file.read(tensor);
  }

  TemporaryFolder folder_;
};

TEST_F(PtReaderTest, ReadsStateDictsOfBothLayoutsOfProtocolThreeAndPackedAnew) {
  for (const char* name : {"state.pt", "state_legacy.pt", "protocol3.pt", "deflated.pt", "zip64.pt"}) {
    const PtReader file(kFiles + name);
    std::vector<std::string> names;
    for (const PtTensor& tensor : file.tree().tensors) names.push_back(tensor.name);
    EXPECT_THAT(names, ElementsAre("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                                   "1.running_var", "1.num_batches_tracked"));
    EXPECT_THAT(values_of(file, "0.weight"), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(named(file, "0.weight").shape, ElementsAre(2, 3));
    EXPECT_THAT(values_of<std::int64_t>(file, "1.num_batches_tracked"), ElementsAre(0));
    EXPECT_TRUE(named(file, "1.num_batches_tracked").shape.empty());
    EXPECT_TRUE(file.tree().values.empty()) << "versions of modules are no values";
  }
  EXPECT_EQ(PtReader(kFiles + "state_legacy.pt").layout(), PtReader::Layout::legacy);
}

TEST_F(PtReaderTest, RefusesProtocolFourByTheOpcodeThatNamesObjects) {
  EXPECT_THAT(error_of(Fault::input_file, [&] { PtReader file(kFiles + "protocol4.pt"); }),
              HasSubstr("has the opcode STACK_GLOBAL at byte "));
}

TEST_F(PtReaderTest, ReadsEveryDtypeThatPyTorchHas) {
  const PtReader file(kFiles + "dtypes.pt");
  EXPECT_EQ(file.tree().tensors.size(), 20u);
  for (const PtTensor& tensor : file.tree().tensors) {
    EXPECT_EQ(torch_dtype_name(tensor.dtype), tensor.name);
    EXPECT_EQ(file.read(tensor).size(), 4u * static_cast<unsigned>(tensor.dtype.bits) / 8);
  }
  EXPECT_THAT(values_of<double>(file, "float64"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(values_of<std::uint16_t>(file, "bfloat16"), ElementsAre(0, 0x3F80, 0x4000, 0x4040));
  EXPECT_THAT(values_of<std::uint16_t>(file, "float16"), ElementsAre(0, 0x3C00, 0x4000, 0x4200));
  EXPECT_THAT(values_of<std::uint32_t>(file, "uint32"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(values_of<std::uint8_t>(file, "bool"), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(values_of<std::uint8_t>(file, "float8_e4m3fn"), ElementsAre(0, 0x38, 0x40, 0x44));
}

TEST_F(PtReaderTest, KeepsWhatSharesAStorageAndReadsViewsRowByRow) {
  for (const char* name : {"shared.pt", "shared_legacy.pt"}) {
    const PtReader file(kFiles + name);
    for (const char* view : {"tied", "row", "turned", "part", "steps"})
      EXPECT_EQ(named(file, view).storage, named(file, "whole").storage) << view;
    EXPECT_NE(named(file, "scalar").storage, named(file, "whole").storage);
    EXPECT_THAT(values_of(file, "row"), ElementsAre(12, 13, 14, 15, 16, 17));
    EXPECT_THAT(values_of(file, "part"), ElementsAre(8, 9, 10, 14, 15, 16));
    EXPECT_THAT(values_of(file, "steps"), ElementsAre(1, 6, 11, 16, 21));
    EXPECT_THAT(values_of(file, "repeated"), ElementsAre(0, 1, 2, 0, 1, 2));
    EXPECT_THAT(values_of(file, "scalar"), ElementsAre(7));
    EXPECT_TRUE(values_of(file, "empty").empty());
    const auto turned = values_of(file, "turned");
    EXPECT_EQ(turned.size(), 24u);
    EXPECT_EQ(turned[1], 6);
    EXPECT_FALSE(named(file, "turned").contiguous());
    EXPECT_TRUE(named(file, "row").contiguous());
  }
}

TEST_F(PtReaderTest, ReadsACheckpointAsATreeWithItsPlainValues) {
  const PtReader file(kFiles + "checkpoint.pt");
  EXPECT_THAT(values_of(file, "model.0.bias"), ElementsAre(0, 1));
  EXPECT_THAT(named(file, "optimizer.state.0.exp_avg").shape, ElementsAre(2, 3));
  EXPECT_EQ(value_of(file, "epoch"), "3");
  EXPECT_EQ(value_of(file, "best"), "0.5");
  EXPECT_EQ(value_of(file, "name"), "'a net'");
  EXPECT_EQ(value_of(file, "done"), "False");
  EXPECT_EQ(value_of(file, "none"), "None");
  EXPECT_EQ(value_of(file, "seen"), "['train']");
  EXPECT_EQ(value_of(file, "device"), "torch.device('cuda', 1)");
  EXPECT_EQ(value_of(file, "optimizer.param_groups.0.lr"), "0.01");
  EXPECT_EQ(value_of(file, "optimizer.param_groups.0.params"), "[0, 1, 2, 3]");
}

TEST_F(PtReaderTest, ReadsParametersSingleTensorsAndThePrefixOfDataParallel) {
  const PtReader parameters(kFiles + "parameter.pt");
  EXPECT_TRUE(named(parameters, "weight").parameter);
  EXPECT_FALSE(named(parameters, "buffer").parameter);
  EXPECT_THAT(values_of(PtReader(kFiles + "tensor.pt"), "tensor"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(named(PtReader(kFiles + "parallel.pt"), "module.0.weight").shape, ElementsAre(2, 3));
}

TEST_F(PtReaderTest, ReadsTheWeightsOfTorchScriptAndNotItsCode) {
  const PtReader file(kFiles + "script.pt");
  EXPECT_EQ(file.layout(), PtReader::Layout::script);
  EXPECT_THAT(values_of(file, "0.weight"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(value_of(file, "0.training"), "True");
}

TEST_F(PtReaderTest, NamesTensorsThatAreNotReadAndReadsTheOthers) {
  const PtReader sparse(kFiles + "sparse.pt"), quantised(kFiles + "quantised.pt"), meta(kFiles + "meta.pt");
  EXPECT_EQ(sparse.tree().refused.at("edges"), "a sparse tensor");
  EXPECT_THAT(values_of(sparse, "weight"), ElementsAre(0, 1));
  EXPECT_EQ(quantised.tree().refused.at("small"), "a quantised tensor");
  EXPECT_THAT(meta.tree().refused.at("weight"), HasSubstr("meta device"));
}

TEST_F(PtReaderTest, RefusesAWholeModelAndSaysWhatToSave) {
  const std::string message = error_of(Fault::input_file, [&] { PtReader file(kFiles + "module.pt"); });
  EXPECT_THAT(message, HasSubstr("'torch.nn.modules.container.Sequential'"));
  EXPECT_THAT(message, HasSubstr("save model.state_dict() instead of the whole model"));
}

TEST_F(PtReaderTest, SaysWhatTheFileReallyIs) {
  EXPECT_THAT(refusal(""), HasSubstr("is not a PyTorch file but an empty file"));
  EXPECT_THAT(refusal("<!DOCTYPE html><html>"), HasSubstr("is not a PyTorch file but a web page"));
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
              HasSubstr("but a Git LFS pointer\n  Fetch the real file with `git lfs pull`."));
  EXPECT_THAT(refusal("\x80\x02}."), HasSubstr("is a Python pickle that torch.save did not write"));
  EXPECT_THAT(refusal(archive({sound_member("a/b", "x")})),
              HasSubstr("PyTorch did not write: it has no data.pkl"));
  EXPECT_THAT(refusal(archive(
                  {sound_member("a/data.pkl", kProto + "}."), sound_member("b/data.pkl", kProto + "}.")})),
              HasSubstr("it has more than one data.pkl"));
}

TEST_F(PtReaderTest, RefusesArchivesThatLackOrLieAboutWhatTheyHold) {
  const std::string tensor = tensor_of(storage_of("FloatStorage", "0", 6), 0, sizes_of({6}), sizes_of({1}));
  const std::string pickle = kProto + "}" + text_of("w") + tensor + "s.";
  read_all(folder_.put("good.pt", pt_of(pickle)));
  const auto with = [&](const Member& order, const Member& data) {
    return refusal(archive({sound_member("a/data.pkl", pickle), order, data}));
  };
  const Member little_end = sound_member("a/byteorder", "little"),
               data = sound_member("a/data/0", std::string(24, 0));
  EXPECT_THAT(with(sound_member("a/byteorder", "big"), data),
              HasSubstr("was written with the byte order 'big'"));
  EXPECT_THAT(with(little_end, sound_member("a/data/1", "")), HasSubstr("its storage '0' is missing"));
  EXPECT_THAT(with(little_end, sound_member("a/../data/0", "")), HasSubstr("its storage '0' is missing"));
  for (const std::size_t size : {23, 25})
    EXPECT_THAT(with(little_end, sound_member("a/data/0", std::string(size, 0))),
                HasSubstr(fmt::format("has {} bytes, but the tensors tell of 24", size)));
  EXPECT_THAT(refusal(pt_of("")), HasSubstr("its pickle ends at byte 0, in the middle"));
  EXPECT_THAT(refusal(pt_of(pickle.substr(0, 30))), HasSubstr("in the middle"));
  EXPECT_THAT(refusal(archive({{"a/data.pkl", pickle, 1}})), HasSubstr("its checksum differs"));
}

// Names of members are looked up and never become paths.
TEST_F(PtReaderTest, TakesMembersOfAnyNameForWhatTheyAre) {
  const auto file_of = [&](const std::string& folder, const std::string& key) {
    const std::string tensor = tensor_of(storage_of("FloatStorage", key, 6), 0, sizes_of({6}), sizes_of({1}));
    return folder_.put(
        "f.pt", archive({sound_member(folder + "/data.pkl", kProto + "}" + text_of("w") + tensor + "s."),
                         sound_member(folder + "/data/" + key, std::string(24, '\1')),
                         sound_member("../../elsewhere", "x"), sound_member("/absolute", "x"),
                         sound_member(folder + "/.format_version", "1"),
                         sound_member(folder + "/extra/notes", "x")}));
  };
  for (const std::string folder : {"archive", ".."})
    for (const std::string key : {"0", "no number", "../0", "größe"})
      EXPECT_EQ(PtReader(file_of(folder, key)).tree().tensors.size(), 1u) << folder << " " << key;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "../../elsewhere"));
}

TEST_F(PtReaderTest, RefusesArchivesThatOthersPackedOrWroteInTo) {
  const Member pickle = sound_member("a/data.pkl", kProto + "}.");
  EXPECT_THAT(refusal(archive({pickle}, "#!/bin/sh\n")), HasSubstr("is not a PyTorch file but"));
  EXPECT_THAT(refusal(archive({{"a/data.pkl", kProto + "}.", 0, 1}})), HasSubstr("is encrypted"));
  EXPECT_THAT(refusal(archive({pickle, pickle})), HasSubstr("two members are called 'a/data.pkl'"));
  const std::string whole = archive({pickle});
  EXPECT_THAT(refusal(whole.substr(0, whole.size() - 22)),
              HasSubstr("its zip directory is missing, as after a download that was cut off"));
  EXPECT_THAT(refusal(whole + "x"), HasSubstr("its zip directory is missing"));
  EXPECT_EQ(PtReader(folder_.put("twice.pt", whole + whole)).tree().tensors.size(), 0u)
      << "the last directory counts where its places are right";
}

TEST_F(PtReaderTest, HoldsEveryTensorToItsStorage) {
  const std::string floats = storage_of("FloatStorage", "0", 6);
  const auto view = [&](std::int64_t offset, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& strides) {
    return pt_of_tensor(tensor_of(floats, offset, sizes_of(shape), sizes_of(strides)));
  };
  for (const std::string& good :
       {view(0, {6}, {1}), view(5, {1}, {1}), view(0, {2, 3}, {3, 1}), view(0, {3}, {2}),
        view(0, {2, 2}, {0, 5}), view(6, {0}, {1}), view(0, {}, {}), view(0, {3, 2}, {1, 1})})
    read_all(folder_.put("f.pt", good));
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  for (const auto& [bad, message] : std::vector<std::pair<std::string, std::string>>{
           {view(1, {6}, {1}),
            "reaches beyond its storage '0' of 6 elements (shape [6], strides [1], offset 1)"},
           {view(0, {7}, {1}), "reaches beyond"},
           {view(6, {}, {}), "reaches beyond"},
           {view(0, {4}, {2}), "reaches beyond"},
           {view(0, {3}, {kHuge}), "reaches beyond"},
           {view(kHuge, {2}, {kHuge}), "reaches beyond"},
           {view(-1, {1}, {1}), "begins at -1"},
           {view(0, {-1}, {1}), "has a dimension of -1"},
           {view(0, {2}, {-1}), "has a stride of -1"},
           {view(0, {kHuge, 4}, {0, 0}), "has no size that a file can have"},
           {view(0, {6}, {}), "has 1 dimensions and 0 strides"},
           {view(0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)),
            "has 65 dimensions"}})
    EXPECT_THAT(refusal(bad), HasSubstr("'w' " + message));
  read_all(folder_.put("f.pt", view(0, std::vector<std::int64_t>(64, 1), std::vector<std::int64_t>(64, 1))));
}

TEST_F(PtReaderTest, RefusesToRepeatElementsWithoutBound) {
  const std::string floats = storage_of("FloatStorage", "0", 6);
  const auto repeated = [&](std::int64_t times) {
    return folder_.put("f.pt", pt_of_tensor(tensor_of(floats, 0, sizes_of({times}), sizes_of({0}))));
  };
  read_all(repeated(16 << 20));
  const std::string path = repeated(std::int64_t{1} << 40);
  EXPECT_EQ(PtReader(path).tree().tensors.size(), 1u) << "listing it takes no memory";
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_all(path); }),
              HasSubstr("repeats 24 bytes until they are 4.4 TB"));
}

TEST_F(PtReaderTest, RefusesTensorsThatAreNotMadeAsPyTorchMakesThem) {
  const std::string floats = storage_of("FloatStorage", "0", 6), sizes = sizes_of({1});
  const std::string rebuild = global_of("torch._utils", "_rebuild_tensor_v2");
  const auto storage = [](const std::string& items) { return tuple_of(items) + "Q"; };
  const std::string type = global_of("torch", "FloatStorage"), key = text_of("0"), cpu = text_of("cpu");
  for (const auto& [tensor, message] : std::vector<std::pair<std::string, std::string>>{
           {rebuild + tuple_of(floats) + "R", "'w' is a tensor of 1 arguments, 6 are needed"},
           {tensor_of("N", 0, sizes, sizes), "'w' is a tensor without a storage"},
           {tensor_of(floats, 0, text_of("x"), sizes), "'w' has a dimension that is no tuple"},
           {tensor_of(floats, 0, tuple_of("N"), sizes), "'w' has a dimension that is no whole number"},
           {tensor_of(storage(text_of("module") + type + key + cpu + "K\6"), 0, sizes, sizes),
            "is no storage"},
           {tensor_of(storage(text_of("storage") + type + key), 0, sizes, sizes), "is no storage"},
           {tensor_of(storage(text_of("storage") + text_of("float") + key + cpu + "K\6"), 0, sizes, sizes),
            "is no storage"},
           {tensor_of(storage(text_of("storage") + type + "]" + cpu + "K\6"), 0, sizes, sizes),
            "without a key"},
           {tensor_of(storage(text_of("storage") + type + key + cpu + text_of("6")), 0, sizes, sizes),
            "has a storage size that is no whole number"},
           {tensor_of(storage_of("FloatStorage", "0", -1), 0, sizes, sizes), "has a storage of -1 elements"},
           {tensor_of(storage_of("FloatStorage", "0", std::int64_t{1} << 62), 0, sizes, sizes),
            "has a storage of"},
           {tensor_of(storage_of("FloatStorage", "0", 7), 0, sizes, sizes),
            "has 24 bytes, but the tensors tell of 28"},
           {tensor_of(storage_of("DoubleStorage", "0", 6), 0, sizes, sizes), "the tensors tell of 48"}})
    EXPECT_THAT(refusal_of_tensor(tensor), HasSubstr(message));
}

TEST_F(PtReaderTest, RefusesAStorageThatIsDescribedTwiceDifferently) {
  const auto tensor = [](const std::string& type, std::int64_t count) {
    return tensor_of(storage_of(type, "0", count), 0, sizes_of({1}), sizes_of({1}));
  };
  const auto both = [&](const std::string& second) {
    return pt_of(kProto + "}(" + text_of("a") + tensor("FloatStorage", 6) + text_of("b") + second + "u.");
  };
  read_all(folder_.put("f.pt", both(tensor("FloatStorage", 6))));
  EXPECT_THAT(refusal(both(tensor("FloatStorage", 5))),
              HasSubstr("'b' says that its storage '0' has 20 bytes; another entry says 24"));
  EXPECT_THAT(refusal(both(tensor("HalfStorage", 6))), HasSubstr("has 12 bytes"));
}

TEST_F(PtReaderTest, RefusesWhatContainsItselfOrMultipliesWithoutEnd) {
  EXPECT_THAT(refusal(pt_of(kProto + "]q\1h\1a.")), HasSubstr("nests deeper than 200, or contains itself"));
  EXPECT_THAT(refusal(pt_of(kProto + "}q\1" + text_of("a") + "h\1s.")), HasSubstr("contains itself"));
  std::string laughs = kProto + "]q\1(}}e";
  for (int i = 1; i < 30; ++i) {
    const std::string name(1, static_cast<char>(i)), next(1, static_cast<char>(i + 1));
    laughs += "h" + name + "\x86q" + next;
  }
  EXPECT_THAT(refusal(pt_of(laughs + ".")), HasSubstr("is one of more than 4000000 entries"));
  EXPECT_THAT(
      refusal(pt_of(kProto + "}(" + text_of("a.b") +
                    tensor_of(storage_of("FloatStorage", "0", 6), 0, sizes_of({6}), sizes_of({1})) +
                    text_of("a") + "}" + text_of("b") +
                    tensor_of(storage_of("FloatStorage", "0", 6), 0, sizes_of({6}), sizes_of({1})) + "su.")),
      HasSubstr("two of its tensors are called 'a.b'"));
}

TEST_F(PtReaderTest, RefusesLegacyFilesThatLie) {
  const std::string seed = content_of(kFiles + "state_legacy.pt");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = seed;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos);
    return refusal(text.replace(at, from.size(), to));
  };
  EXPECT_THAT(changed("M\xE9\x03", "M\xEA\x03"), HasSubstr("its protocol is not 1001"));
  EXPECT_THAT(changed("little_endianq\x02\x88", "little_endianq\x02\x89"),
              HasSubstr("highest byte comes first"));
  EXPECT_THAT(refusal(seed.substr(0, seed.size() - 1)), HasSubstr("it ends inside its storage"));
  EXPECT_THAT(refusal(seed.substr(0, 100)), HasSubstr("it ends inside its pickle"));
}

TEST_F(PtReaderTest, SurvivesAnyDamage) {
  for (const char* name : {"tensor.pt", "state_legacy.pt"}) {
    const std::string seed = content_of(kFiles + name);
    const int accepted =
        accepted_mutations(seed, [&](const std::string& bytes) { read_all(folder_.put("f.pt", bytes)); });
    EXPECT_GT(accepted, 0) << name;
  }
}

}  // namespace
}  // namespace orrery
