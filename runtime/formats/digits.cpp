#include "runtime/formats/digits.h"

// The build gives ORRERY_DIGITS_FILE and rebuilds this file when the data changes.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".hidden orrery_digits_begin\n"
    ".hidden orrery_digits_end\n"
    ".global orrery_digits_begin\n"
    ".global orrery_digits_end\n"
    "orrery_digits_begin:\n"
    ".incbin \"" ORRERY_DIGITS_FILE
    "\"\n"
    "orrery_digits_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
__attribute__((visibility("hidden"))) extern const std::byte orrery_digits_begin[];
__attribute__((visibility("hidden"))) extern const std::byte orrery_digits_end[];
}

namespace orrery {

std::span<const std::byte> digits_csv_gz() { return {orrery_digits_begin, orrery_digits_end}; }

}  // namespace orrery
