#include "runtime/graph/attributes.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;
using Reals = std::vector<double>;

const Dim N = Dim::symbol("N");

AttributeValue integer(std::int64_t value) { return value; }

Attribute of(AttributeType type) { return {.name = "option", .type = type, .doc = "for tests"}; }

std::string refusal(const Attribute& attribute, AttributeValue value) {
  return error_of(Fault::usage, [&] { checked(attribute, std::move(value)); });
}

TEST(AttributesTest, BeginWithTheDefaultsInOrder) {
  const Attributes attributes({{.name = "a", .value = integer(3)}, {.name = "b"}});
  ASSERT_EQ(attributes.entries().size(), 2u);
  EXPECT_EQ(attributes.entries()[0].name, "a");
  EXPECT_EQ(attributes.integer("a"), 3);
  EXPECT_TRUE(attributes.has("a"));
  EXPECT_FALSE(attributes.has("b"));
}

TEST(AttributesTest, AreEqualWhenEveryValueIs) {
  const std::vector<Attribute> schema = {{.name = "a", .value = integer(3)}};
  Attributes one(schema), other(schema);
  EXPECT_EQ(one, other);
  other.set("a", integer(4));
  EXPECT_NE(one, other);
}

TEST(AttributesTest, GiveEachTypeUnderItsName) {
  Attributes a({{.name = "flag", .value = true},
                {.name = "real", .value = 0.5},
                {.name = "text", .value = "mean"},
                {.name = "sizes", .value = Sizes{1, 2}},
                {.name = "reals", .value = Reals{0.9}},
                {.name = "shape", .value = Shape{N, 3}},
                {.name = "dtype", .value = DType::int64}});
  EXPECT_TRUE(a.boolean("flag"));
  EXPECT_EQ(a.real("real"), 0.5);
  EXPECT_EQ(a.text("text"), "mean");
  EXPECT_TRUE(a.is_text("text"));
  EXPECT_FALSE(a.is_integer("real"));
  EXPECT_EQ(a.integers("sizes"), (Sizes{1, 2}));
  EXPECT_EQ(a.reals("reals"), (Reals{0.9}));
  EXPECT_EQ(a.shape("shape"), (Shape{N, 3}));
  EXPECT_EQ(a.dtype("dtype"), DType::int64);
}

TEST(AttributesTest, CountIntegersAsReals) {
  const Attributes attributes({{.name = "a", .value = integer(3)}});
  EXPECT_EQ(attributes.real("a"), 3.0);
}

TEST(AttributesTest, AnUnknownNameOrAWrongTypeIsOrrerysOwnFault) {
  Attributes attributes({{.name = "a", .value = integer(3)}});
  EXPECT_THROW(attributes.at("b"), InvariantFailure);
  EXPECT_THROW(attributes.set("b", true), InvariantFailure);
  EXPECT_THROW(attributes.text("a"), InvariantFailure);
}

TEST(CheckedTest, NilBecomesTheDefaultUnlessTheOptionIsRequired) {
  Attribute attribute = of(AttributeType::integer);
  attribute.value = integer(7);
  EXPECT_EQ(checked(attribute, {}), integer(7));
  attribute.required = true;
  EXPECT_EQ(refusal(attribute, {}), "option is required: an integer");
}

TEST(CheckedTest, AnIntegerHasBothBounds) {
  Attribute attribute = of(AttributeType::integer);
  attribute.min = 1;
  attribute.max = 3;
  EXPECT_EQ(checked(attribute, integer(1)), integer(1));
  EXPECT_EQ(checked(attribute, integer(3)), integer(3));
  EXPECT_EQ(refusal(attribute, integer(0)), "option must be an integer between 1 and 3, got 0");
  EXPECT_EQ(refusal(attribute, integer(4)), "option must be an integer between 1 and 3, got 4");
}

TEST(CheckedTest, ARealWithoutFractionIsAnIntegerWithinWhatADoubleHoldsExactly) {
  const Attribute attribute = of(AttributeType::integer);
  EXPECT_EQ(checked(attribute, 3.0), integer(3));
  EXPECT_EQ(checked(attribute, 0x1p53), integer(std::int64_t{1} << 53));
  EXPECT_EQ(refusal(attribute, 2.5), "option must be an integer, got 2.5");
  EXPECT_NE(refusal(attribute, 0x1p54), "");
  EXPECT_NE(refusal(attribute, std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_NE(refusal(attribute, std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(refusal(attribute, true), "");
}

TEST(CheckedTest, NaNIsANumberOnlyWhereTheOptionSaysSo) {
  Attribute attribute = of(AttributeType::number);
  EXPECT_EQ(refusal(attribute, std::nan("")), "option must be a number, got nan");
  attribute.or_nan = true;
  EXPECT_TRUE(std::isnan(std::get<double>(checked(attribute, std::nan("")))));
}

TEST(CheckedTest, ARealTakesIntegersAndItsBoundsMayBeOpen) {
  Attribute attribute = of(AttributeType::real);
  attribute.min = 0;
  attribute.max = 1;
  EXPECT_EQ(checked(attribute, integer(1)), AttributeValue(1.0));
  attribute.above_min = attribute.below_max = true;
  EXPECT_EQ(checked(attribute, 0.5), AttributeValue(0.5));
  EXPECT_EQ(refusal(attribute, 0.0), "option must be a number > 0 and < 1, got 0");
  EXPECT_EQ(refusal(attribute, 1.0), "option must be a number > 0 and < 1, got 1");
}

TEST(CheckedTest, NanIsNeverInRange) {
  EXPECT_EQ(refusal(of(AttributeType::real), std::nan("")), "option must be a number, got nan");
}

TEST(CheckedTest, ANumberKeepsItsKind) {
  const Attribute attribute = of(AttributeType::number);
  EXPECT_EQ(checked(attribute, integer(2)), integer(2));
  EXPECT_EQ(checked(attribute, 2.0), integer(2));
  EXPECT_EQ(checked(attribute, 2.5), AttributeValue(2.5));
  EXPECT_EQ(refusal(attribute, "2"), "option must be a number, got \"2\"");
}

TEST(CheckedTest, TextIsOneOfItsChoicesAndAMistakeGetsTheNearest) {
  Attribute attribute = of(AttributeType::text);
  attribute.choices = {"none", "mean", "sum"};
  EXPECT_EQ(checked(attribute, "mean"), AttributeValue("mean"));
  EXPECT_EQ(refusal(attribute, "maen"),
            "option must be 'none', 'mean' or 'sum', got \"maen\" (did you mean 'mean'?)");
  EXPECT_EQ(refusal(attribute, integer(3)), "option must be 'none', 'mean' or 'sum', got 3");
}

TEST(CheckedTest, FreeTextTakesAnIntegerForItsDigitsAndFalseOnlyWhereAllowed) {
  Attribute attribute = of(AttributeType::text);
  EXPECT_EQ(checked(attribute, integer(-1)), AttributeValue("-1"));
  EXPECT_EQ(refusal(attribute, false), "option must be a text, got false");
  attribute.or_false = true;
  EXPECT_EQ(checked(attribute, false), AttributeValue(""));
  EXPECT_EQ(refusal(attribute, true), "option must be a text or false, got true");
}

TEST(CheckedTest, ASingleSizeIsSpreadAndAListMustHaveTheRightLength) {
  Attribute attribute = of(AttributeType::sizes);
  attribute.count = 2;
  attribute.min = 1;
  EXPECT_EQ(checked(attribute, integer(3)), AttributeValue(Sizes{3, 3}));
  EXPECT_EQ(checked(attribute, Sizes{3}), AttributeValue(Sizes{3, 3}));
  EXPECT_EQ(checked(attribute, Sizes{3, 5}), AttributeValue(Sizes{3, 5}));
  EXPECT_EQ(checked(attribute, Shape{3, 5}), AttributeValue(Sizes{3, 5}));
  EXPECT_EQ(refusal(attribute, Sizes{1, 2, 3}), "option must be an integer or 2 integers ≥ 1, got {1, 2, 3}");
  EXPECT_EQ(refusal(attribute, Sizes{1, 0}), "option must be an integer or 2 integers ≥ 1, got {1, 0}");
  EXPECT_EQ(refusal(attribute, integer(0)), "option must be an integer or 2 integers ≥ 1, got 0");
}

TEST(CheckedTest, AWordMayStandForTheNumbers) {
  Attribute attribute = of(AttributeType::sizes);
  attribute.or_text = {"same", "valid"};
  EXPECT_EQ(checked(attribute, "same"), AttributeValue("same"));
  EXPECT_EQ(refusal(attribute, "full"), "option must be an integer, or 'same' or 'valid', got \"full\"");
}

TEST(CheckedTest, SeveralWordsAreEachChecked) {
  Attribute attribute = of(AttributeType::text);
  attribute.choices = {"red", "green"};
  attribute.several = true;
  EXPECT_EQ(checked(attribute, "red"), AttributeValue("red"));
  EXPECT_EQ(checked(attribute, "green, red"), AttributeValue("green,red"));
  EXPECT_EQ(checked(attribute, ""), AttributeValue(""));
  EXPECT_EQ(refusal(attribute, "red,gren"),
            "option must be a list of 'red' or 'green', got \"gren\" (did you mean 'green'?)");
  EXPECT_EQ(refusal(attribute, "red,"), "option must be a list of 'red' or 'green', got \"\"");
  EXPECT_EQ(refusal(attribute, integer(3)), "option must be a list of 'red' or 'green', got 3");
}

TEST(CheckedTest, AListOfIntegersMayBeOneInteger) {
  const Attribute attribute = of(AttributeType::integers);
  EXPECT_EQ(checked(attribute, integer(-1)), AttributeValue(Sizes{-1}));
  EXPECT_EQ(checked(attribute, Sizes{}), AttributeValue(Sizes{}));
  EXPECT_EQ(refusal(attribute, Reals{0.5}), "option must be a list of integers, got {0.5}");
}

TEST(CheckedTest, ASingleIntegerStaysOneWhereAListMeansSomethingElse) {
  Attribute attribute = of(AttributeType::integers);
  attribute.or_integer = true;
  EXPECT_EQ(checked(attribute, integer(3)), AttributeValue(integer(3)));
  EXPECT_EQ(checked(attribute, Sizes{3}), AttributeValue(Sizes{3}));
  EXPECT_EQ(describe(attribute), "an integer or a list of integers");
}

TEST(CheckedTest, RealsHaveTheirNumberAndTheirBounds) {
  Attribute attribute = of(AttributeType::reals);
  attribute.count = 2;
  attribute.min = 0;
  attribute.max = 1;
  attribute.below_max = true;
  EXPECT_EQ(checked(attribute, Reals{0.9, 0.5}), AttributeValue(Reals{0.9, 0.5}));
  EXPECT_EQ(checked(attribute, Sizes{0, 0}), AttributeValue(Reals{0, 0}));
  EXPECT_EQ(refusal(attribute, Reals{0.9}), "option must be 2 numbers ≥ 0 and < 1, got {0.9}");
  EXPECT_EQ(refusal(attribute, Reals{0.9, 1}), "option must be 2 numbers ≥ 0 and < 1, got {0.9, 1}");
  EXPECT_EQ(refusal(attribute, 0.9), "option must be 2 numbers ≥ 0 and < 1, got 0.9");
}

TEST(CheckedTest, RealsWithoutANumberAreOneOrMore) {
  Attribute attribute = of(AttributeType::reals);
  attribute.count = 0;
  attribute.min = 0;
  EXPECT_EQ(checked(attribute, 0.5), AttributeValue(Reals{0.5}));
  EXPECT_EQ(checked(attribute, Sizes{2, 3}), AttributeValue(Reals{2, 3}));
  EXPECT_EQ(refusal(attribute, Reals{}), "option must be a number or a list of numbers ≥ 0, got {}");
  EXPECT_EQ(refusal(attribute, integer(-1)), "option must be a number or a list of numbers ≥ 0, got -1");
}

TEST(CheckedTest, AShapeMayHaveSymbolsWhoseSizeIsNotJudged) {
  Attribute attribute = of(AttributeType::shape);
  attribute.min = -1;
  EXPECT_EQ(checked(attribute, Shape{N, -1}), AttributeValue(Shape{N, -1}));
  EXPECT_EQ(checked(attribute, integer(4)), AttributeValue(Shape{4}));
  EXPECT_EQ(checked(attribute, Sizes{2, 3}), AttributeValue(Shape{2, 3}));
  EXPECT_EQ(refusal(attribute, Shape{N, -2}), "option must be a list of sizes ≥ -1, got {N, -2}");
}

TEST(CheckedTest, ADtypeIsGivenByNameAndMayBeRestricted) {
  Attribute attribute = of(AttributeType::dtype);
  EXPECT_EQ(checked(attribute, "int64"), AttributeValue(DType::int64));
  EXPECT_EQ(checked(attribute, DType::boolean), AttributeValue(DType::boolean));
  EXPECT_EQ(refusal(attribute, "flaot32"),
            "option must be a dtype such as 'float32' or 'int64', got \"flaot32\" (did you mean 'float32'?)");
  attribute.choices = {"float32", "float64"};
  EXPECT_EQ(checked(attribute, "double"), AttributeValue(DType::float64));
  EXPECT_EQ(refusal(attribute, DType::int64), "option must be 'float32' or 'float64', got \"int64\"");
}

TEST(CheckedTest, ABooleanIsNothingElse) {
  EXPECT_EQ(checked(of(AttributeType::boolean), true), AttributeValue(true));
  EXPECT_EQ(refusal(of(AttributeType::boolean), integer(1)), "option must be true or false, got 1");
}

RC_GTEST_PROP(CheckedTest, CheckingAgainChangesNothing, ()) {
  Attribute attribute =
      of(*rc::gen::element(AttributeType::integer, AttributeType::real, AttributeType::number,
                           AttributeType::sizes, AttributeType::integers, AttributeType::shape));
  attribute.count = *rc::gen::inRange(1, 4);
  const AttributeValue once = checked(attribute, integer(*rc::gen::inRange(-100, 100)));
  RC_ASSERT(checked(attribute, once) == once);
}

const std::vector<Attribute> kSchema = {
    {.name = "kernel_size", .type = AttributeType::sizes, .doc = "d", .required = true, .count = 2},
    {.name = "stride", .type = AttributeType::integer, .doc = "d", .value = integer(1), .min = 1}};

TEST(CheckedAttributesTest, FillInWhatIsNotGiven) {
  const Attributes attributes = checked_attributes(kSchema, {{"kernel_size", integer(3)}});
  EXPECT_EQ(attributes.integers("kernel_size"), (Sizes{3, 3}));
  EXPECT_EQ(attributes.integer("stride"), 1);
}

TEST(CheckedAttributesTest, RefuseAnUnknownNameWithTheNearest) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       checked_attributes(kSchema, {{"kernel_size", integer(3)}, {"strde", integer(2)}});
                     }),
            "unknown option 'strde' (did you mean 'stride'?)");
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       checked_attributes(kSchema, {{"colour", integer(2)}});
                     }),
            "unknown option 'colour' (known: kernel_size, stride)");
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       checked_attributes({}, {{"colour", integer(2)}});
                     }),
            "unknown option 'colour': there are none");
}

TEST(CheckedAttributesTest, RefuseWhatIsMissingOrGivenTwice) {
  EXPECT_EQ(error_of(Fault::usage, [] { checked_attributes(kSchema, {}); }),
            "kernel_size is required: an integer or 2 integers");
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       checked_attributes(kSchema, {{"stride", integer(1)}, {"stride", integer(1)}});
                     }),
            "stride is given twice");
}

TEST(AttributeTextTest, ReadsAsAUserWouldWriteIt) {
  EXPECT_EQ(str(AttributeValue()), "nil");
  EXPECT_EQ(str(AttributeValue(true)), "true");
  EXPECT_EQ(str(integer(-3)), "-3");
  EXPECT_EQ(str(AttributeValue(0.001)), "0.001");
  EXPECT_EQ(str(AttributeValue("same")), "\"same\"");
  EXPECT_EQ(str(AttributeValue(Sizes{3, 3})), "{3, 3}");
  EXPECT_EQ(str(AttributeValue(Reals{0.9, 0.999})), "{0.9, 0.999}");
  EXPECT_EQ(str(AttributeValue(Shape{N, -1})), "{N, -1}");
  EXPECT_EQ(str(AttributeValue(DType::float32)), "\"float32\"");
}

}  // namespace
}  // namespace orrery
