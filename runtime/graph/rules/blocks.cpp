#include "runtime/graph/rules/tables.h"

namespace orrery {

RuleGroup rules_of_blocks() {
  return {
      "Names and blocks",
      {
          {"O201", "name-taken", Severity::error,
           "Two nodes or blocks in one block were given the same name.",
           "train.lua:42: the name 'conv1' is taken in block features",
           "Give one of them another name. Names that you do not give are counted and never clash."},
          {"O202", "name-invalid", Severity::error,
           "A name is empty, too long, or holds / or control characters.",
           "train.lua:42: 'a/b' cannot be a name",
           "A name is 1 to 200 bytes without '/' and control characters, and without a blank at either end."},
          {"O203", "group-empty", Severity::error, "g:group was given no node.",
           "train.lua:42: group 'head' names no node", "Give it the values whose nodes it should hold."},
          {"O204", "group-across-blocks", Severity::error, "g:group was given nodes of different blocks.",
           "train.lua:42: group 'head' takes features/conv1 and classifier/fc1, which lie in different "
           "blocks",
           "A node lies in exactly one innermost block: group nodes of one block only."},
          {"O205", "block-empty", Severity::warning, "A block holds no node.",
           "train.lua:20: block features holds no node",
           "Its function applies no layer and calls no method of a value: take it out."},
          {"O206", "block-left-and-entered", Severity::warning,
           "Values leave a block and come back into it, so that it is no unit: its cost and its drawing mean "
           "little. A block of nothing but layers with parameters picks those out, and is not told.",
           "train.lua:50: values of block head leave it, pass scale (mul) and come back into it",
           "Take the node between into the block, or make two blocks."},
      }};
}

}  // namespace orrery
