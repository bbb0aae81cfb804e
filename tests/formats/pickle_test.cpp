#include "runtime/formats/pickle.h"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/pickle_opcodes.h"
#include "tests/files/error_of.h"
#include "tests/formats/pickles.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

Pickle pickle_of(const std::string& text, const PickleLimits& limits = {}) {
  Bytes bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return read_pickle(std::move(bytes), "'f'", 0, limits);
}

std::string refused(const std::string& text, const PickleLimits& limits = {}) {
  return error_of(Fault::input_file, [&] { pickle_of(text, limits); });
}

TEST(PickleTest, ReadsPlainValues) {
  const Pickle pickle = pickle_of(kProto + "(N\x88\x89K\x07M" + little(300, 2) + "J" + little(0xFFFFFFFE, 4) +
                                  "G" + std::string("\x3F\xE0\0\0\0\0\0\0", 8) + text_of("größe") + "t.");
  const auto items = pickle.items(pickle.root());
  ASSERT_EQ(items.size(), 8u);
  EXPECT_EQ(pickle.kind(items[0]), PickleKind::none);
  EXPECT_EQ(pickle.integer(items[1]), 1);
  EXPECT_EQ(pickle.kind(items[2]), PickleKind::boolean);
  EXPECT_EQ(pickle.integer(items[2]), 0);
  EXPECT_EQ(pickle.integer(items[3]), 7);
  EXPECT_EQ(pickle.integer(items[4]), 300);
  EXPECT_EQ(pickle.integer(items[5]), -2);
  EXPECT_EQ(pickle.number(items[6]), 0.5);
  EXPECT_EQ(pickle.text(items[7]), "größe");
}

TEST(PickleTest, ReadsWholeNumbersOfAnyLength) {
  const auto long_of = [](const std::string& bytes) {
    return pickle_of(kProto + "\x8a" + static_cast<char>(bytes.size()) + bytes + ".");
  };
  const auto integer = [&](const std::string& bytes) {
    const Pickle pickle = long_of(bytes);
    return pickle.integer(pickle.root());
  };
  EXPECT_EQ(integer(""), 0);
  EXPECT_EQ(integer("\xFF"), -1);
  EXPECT_EQ(integer(std::string("\xFF\0", 2)), 255);
  EXPECT_EQ(integer(little(std::uint64_t{1} << 63, 8)), std::numeric_limits<std::int64_t>::min());
  const Pickle large = long_of(std::string(255, '\1'));
  EXPECT_EQ(large.kind(large.root()), PickleKind::large_integer);
  EXPECT_EQ(large.text(large.root()).size(), 255u);
}

TEST(PickleTest, ReadsContainersAndWhatIsNamed) {
  const Pickle pickle = pickle_of(kProto + "}q\x01(" + text_of("a") + "](K\x01K\x02" + "e" + text_of("b") +
                                  ")" + text_of("c") + "h\x01u.");
  const auto items = pickle.items(pickle.root());
  ASSERT_EQ(items.size(), 6u);
  EXPECT_EQ(pickle.items(items[1]).size(), 2u);
  EXPECT_EQ(pickle.kind(items[3]), PickleKind::tuple);
  EXPECT_EQ(items[5], pickle.root()) << "it may contain itself";
}

TEST(PickleTest, ReadsFramesMemoizeAndShortTextsOfLaterProtocols) {
  for (const char protocol : {2, 3, 4, 5}) {
    const Pickle pickle =
        pickle_of(std::string("\x80") + protocol + "\x95" + little(9, 8) + "]\x94\x8c\x01" + "xa.");
    ASSERT_EQ(pickle.items(pickle.root()).size(), 1u);
    EXPECT_EQ(pickle.text(pickle.items(pickle.root())[0]), "x");
  }
  EXPECT_THAT(refused("\x80\x06."), HasSubstr("protocol 6 is not one of 2 to 5"));
  EXPECT_THAT(refused("\x80\x01."), HasSubstr("protocol 1 is not one of 2 to 5"));
}

TEST(PickleTest, KeepsCallsOfAllowedFunctionsWithoutCallingThem) {
  const Pickle pickle =
      pickle_of(kProto + global_of("torch", "device") + tuple_of(text_of("cuda") + "K\x01") + "R.");
  EXPECT_EQ(pickle.kind(pickle.root()), PickleKind::call);
  EXPECT_EQ(pickle.global(pickle.root()).kind, PickleGlobalKind::device);
  const Pickle ordered =
      pickle_of(kProto + global_of("collections", "OrderedDict") + ")R" + text_of("k") + "Ns.");
  EXPECT_EQ(ordered.kind(ordered.root()), PickleKind::dict);
  EXPECT_EQ(ordered.items(ordered.root()).size(), 2u);
}

TEST(PickleTest, RefusesEveryOpcodeThatIsNotOfTheTableByItsNameAndPlace) {
  for (const auto& [opcode, name] :
       std::vector<std::pair<std::string, std::string>>{{"0", "POP"},
                                                        {"1", "POP_MARK"},
                                                        {"2", "DUP"},
                                                        {"F1.0\n", "FLOAT"},
                                                        {"I1\n", "INT"},
                                                        {"L1L\n", "LONG"},
                                                        {"P1\n", "PERSID"},
                                                        {"S'a'\n", "STRING"},
                                                        {"T\1\0\0\0a", "BINSTRING"},
                                                        {"Va\n", "UNICODE"},
                                                        {"d", "DICT"},
                                                        {"g1\n", "GET"},
                                                        {"ios\nsystem\n", "INST"},
                                                        {"l", "LIST"},
                                                        {"o", "OBJ"},
                                                        {"p1\n", "PUT"},
                                                        {"B", "BINBYTES"},
                                                        {"C", "SHORT_BINBYTES"},
                                                        {"\x82", "EXT1"},
                                                        {"\x83", "EXT2"},
                                                        {"\x84", "EXT4"},
                                                        {"\x8b", "LONG4"},
                                                        {"\x8d", "BINUNICODE8"},
                                                        {"\x8e", "BINBYTES8"},
                                                        {"\x90", "ADDITEMS"},
                                                        {"\x91", "FROZENSET"},
                                                        {"\x92", "NEWOBJ_EX"},
                                                        {"\x93", "STACK_GLOBAL"},
                                                        {"\x96", "BYTEARRAY8"},
                                                        {"\x97", "NEXT_BUFFER"},
                                                        {"\x98", "READONLY_BUFFER"},
                                                        {"\xFF", "0xFF"}}) {
    EXPECT_THAT(refused(kProto + "N" + opcode + "."),
                HasSubstr("'f': its pickle has the opcode " + name + " at byte 3, which is not read"));
  }
}

TEST(PickleTest, RefusesPythonObjectsThatWeightsDoNotNeed) {
  for (const auto& [module, name] :
       std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                        {"posix", "system"},
                                                        {"nt", "system"},
                                                        {"sys", "exit"},
                                                        {"builtins", "eval"},
                                                        {"builtins", "getattr"},
                                                        {"__builtin__", "eval"},
                                                        {"torch.storage", "_load_from_bytes"},
                                                        {"numpy.core.multiarray", "_reconstruct"},
                                                        {"torch", "load"},
                                                        {"torch.nn.modules.linear", "Linear"},
                                                        {"torch", std::string("float32\0", 8)},
                                                        {"", ""},
                                                        {"__torch__x", "M"}}) {
    EXPECT_THAT(refused(kProto + global_of(module, name) + "."), HasSubstr("asks for the Python object"))
        << name;
  }
  EXPECT_THAT(
      refused(kProto + global_of("os", "system") + text_of("id") + "\x85R."),
      HasSubstr("'f' asks for the Python object 'os.system' at byte 2, which is not among those that weights "
                "need; nothing in a file is run\n  In PyTorch, save model.state_dict() instead of the whole "
                "model."));
  EXPECT_THAT(refused(kProto + "c" + std::string(2000, 'x') + "\nx\n."),
              HasSubstr("a Python name is too long"));
}

TEST(PickleTest, RefusesCallsOfWhatIsNoFunction) {
  EXPECT_THAT(refused(kProto + "K\x01)R."),
              HasSubstr("it calls what is no function (opcode REDUCE at byte 5"));
  EXPECT_THAT(refused(kProto + text_of("os.system") + ")R."), HasSubstr("it calls what is no function"));
  EXPECT_THAT(refused(kProto + global_of("torch", "Size") + "NR."),
              HasSubstr("without a tuple of arguments"));
  EXPECT_THAT(refused(kProto + global_of("__torch__", "M") + ")R."), HasSubstr("it calls a script class"));
  EXPECT_THAT(refused(kProto + "K\x01)\x81."), HasSubstr("of what is no class"));
  EXPECT_THAT(refused(kProto + global_of("torch", "device") + ")\x81."), HasSubstr("not one of a model"));
}

TEST(PickleTest, RefusesEntriesForWhatTakesNone) {
  EXPECT_THAT(refused(kProto + "}Na."), HasSubstr("it appends to what is no list"));
  EXPECT_THAT(refused(kProto + "K\x01(Ne."), HasSubstr("it appends to what is no list"));
  EXPECT_THAT(refused(kProto + "]NNs."), HasSubstr("it sets entries of what is no dictionary"));
  EXPECT_THAT(refused(kProto + "K\x01NNs."), HasSubstr("no dictionary"));
  EXPECT_THAT(refused(kProto + "}(Nu."), HasSubstr("a key has no value"));
  EXPECT_THAT(refused(kProto + "}}b."), HasSubstr("it gives a state to what takes none"));
  EXPECT_THAT(refused(kProto + "K\x01}b."), HasSubstr("it gives a state to what takes none"));
  EXPECT_THAT(refused(kProto + "}Nb."), HasSubstr("a state that is no dictionary"));
  EXPECT_THAT(refused(kProto + "NQ."), HasSubstr("is not described by a tuple"));
}

TEST(PickleTest, RefusesAStackThatLacksSomethingOrKeepsSomething) {
  for (const std::string ops :
       {".", "a", "s", "R", "b", "Q", "\x81", "\x85", "\x86", "\x87", "q\1", "\x94", "("}) {
    EXPECT_THAT(refused(kProto + ops + "."), HasSubstr("something is missing on its stack")) << ops;
  }
  EXPECT_THAT(refused(kProto + "NNt."), HasSubstr("there is no mark to go back to"));
  EXPECT_THAT(refused(kProto + "]e."), HasSubstr("there is no mark"));
  EXPECT_THAT(refused(kProto + "N(\x85."), HasSubstr("something is missing on its stack")) << "behind a mark";
  EXPECT_THAT(refused(kProto + "NN."), HasSubstr("something is left on its stack"));
  EXPECT_THAT(refused(kProto + "h\x05."), HasSubstr("it asks for its value 5, which was never named"));
  EXPECT_THAT(refused(kProto + "j\xFF\xFF\xFF\xFF."), HasSubstr("its value 4294967295"));
}

TEST(PickleTest, SaysThatItIsCutOff) {
  const std::string whole = kProto + "}(" + text_of("key") + "K\x01u.";
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(pickle_of(whole.substr(0, length)), PickleCut) << length;
  EXPECT_EQ(pickle_of(whole + "more").end(), whole.size());
  EXPECT_THROW(pickle_of(kProto + "X" + little(50'000'000, 4) + "x"), PickleCut);
  EXPECT_THAT(refused(kProto + "X" + little(0xFFFFFFFF, 4) + "x"),
              HasSubstr("a text of 4294967295 bytes is too long"));
}

TEST(PickleTest, HoldsToItsLimitsOnBothSides) {
  const auto marks = [](std::size_t depth) {
    return kProto + std::string(depth, '(') + std::string(depth, 't') + ".";
  };
  pickle_of(marks(1000));
  EXPECT_THAT(refused(marks(1001)), HasSubstr("its marks nest deeper than 1000"));
  EXPECT_THAT(refused(marks(100'000)), HasSubstr("its marks nest deeper than 1000"));
  const PickleLimits small{.values = 300};  // 259 stand there from the start
  pickle_of(kProto + "(" + std::string(40, ']') + "t.", small);
  EXPECT_THAT(refused(kProto + "(" + std::string(41, ']') + "t.", small), HasSubstr("more than 300 values"));
  EXPECT_THAT(refused(kProto + "(" + std::string(301, 'N') + "t.", small),
              HasSubstr("its stack holds more than 300"));
  EXPECT_THAT(refused(kProto + "(" + std::string(10'000'000, 'N') + "t."),
              HasSubstr("more than 2000000 values"));
}

TEST(PickleTest, CopiesOfOneThingCountAsValuesDo) {
  const std::string counter = global_of("collections", "Counter");
  std::string bomb = kProto + "(" + counter + "q\1}q\2(";
  for (int i = 0; i < 100; ++i) bomb += integer_of(i) + "N";
  bomb += "u";
  for (int i = 0; i < 20; ++i) bomb += "h\1h\2\x85R";
  EXPECT_THAT(refused(bomb + "t.", {.values = 1500}), HasSubstr("it copies more than 1500 entries"));
}

TEST(PickleTest, ThirtyDoublingsTakeNoMoreThanTheirBytes) {
  std::string laughs = kProto + "]";
  for (int i = 0; i < 30; ++i)
    laughs += std::string("q") + static_cast<char>(i) + "h" + static_cast<char>(i) + "\x86";
  const Pickle pickle = pickle_of(laughs + ".");
  EXPECT_EQ(pickle.items(pickle.root()).size(), 2u);
}

// Protocols 0 and 1 do not say that they are; what they write is read as far as the table goes.
TEST(PickleTest, TextProtocolsAreRefusedByTheirFirstOpcodeThatIsNotRead) {
  for (const auto& [pickle, name] :
       std::vector<std::pair<std::string, std::string>>{{"(dp0\n.", "DICT at byte 1"},
                                                        {"(lp0\nI1\na.", "LIST at byte 1"},
                                                        {"I1\n.", "INT at byte 0"},
                                                        {"S'a'\n.", "STRING at byte 0"}})
    EXPECT_THAT(refused(pickle), HasSubstr("has the opcode " + name)) << name;
  const Pickle plain = pickle_of("}.");
  EXPECT_TRUE(plain.items(plain.root()).empty());
}

TEST(PickleTest, WhatStandsBehindStopIsNotLookedAt) {
  const std::string whole = kProto + "N.";
  EXPECT_EQ(pickle_of(whole + "cos\nsystem\n.").end(), whole.size());
  EXPECT_EQ(pickle_of(whole + ".").end(), whole.size());
}

TEST(PickleTest, EveryOpcodeHasAName) {
  EXPECT_EQ(pickle_opcode_name('.'), "STOP");
  EXPECT_EQ(pickle_opcode_name(0x8a), "LONG1");
  EXPECT_EQ(pickle_opcode_name(0), "0x00");
}

}  // namespace
}  // namespace orrery
