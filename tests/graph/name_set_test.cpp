#include "runtime/graph/name_set.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

NameSet taken(std::initializer_list<const char*> names) {
  NameSet set;
  for (const char* name : names) set.insert(name);
  return set;
}

TEST(NameSetTest, GivesTheWantedNameWhileItIsFree) {
  EXPECT_EQ(NameSet().free_name("relu"), "relu");
  EXPECT_EQ(taken({"relu_2"}).free_name("relu"), "relu");
}

TEST(NameSetTest, CountsFromTwoAndPassesNumbersThatAreTaken) {
  EXPECT_EQ(taken({"relu"}).free_name("relu"), "relu_2");
  EXPECT_EQ(taken({"relu", "relu_2", "relu_4"}).free_name("relu"), "relu_3");
  NameSet set = taken({"relu", "relu_2", "relu_4"});
  set.insert(set.free_name("relu"));
  EXPECT_EQ(set.free_name("relu"), "relu_5");
}

TEST(NameSetTest, AskingTakesNothing) {
  const NameSet set = taken({"relu"});
  EXPECT_EQ(set.free_name("relu"), "relu_2");
  EXPECT_EQ(set.free_name("relu"), "relu_2");
}

TEST(NameSetTest, AFreedNumberIsGivenAgainBeforeLargerOnes) {
  NameSet set = taken({"relu"});
  for (int i = 0; i < 5; ++i) set.insert(set.free_name("relu"));
  set.erase("relu_3");
  EXPECT_EQ(set.free_name("relu"), "relu_3");
  set.insert("relu_3");
  EXPECT_EQ(set.free_name("relu"), "relu_7");
  set.erase("relu");
  EXPECT_EQ(set.free_name("relu"), "relu");
}

TEST(NameSetTest, FreedNamesThatAreNoNumbersOfAKindChangeNothing) {
  NameSet set = taken({"relu", "relu_x", "relu_1", "relu_02", "_", "relu_99999999999999999999"});
  EXPECT_EQ(set.free_name("relu"), "relu_2");
  for (const char* name : {"relu_x", "relu_1", "relu_02", "_", "relu_99999999999999999999", "none"}) {
    set.erase(name);
    EXPECT_EQ(set.free_name("relu"), "relu_2") << name;
  }
}

}  // namespace
}  // namespace orrery
