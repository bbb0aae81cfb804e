#include "renderers/formats/tex_text.h"

#include <map>

#include <fmt/format.h>

#include "renderers/formats/letters.h"

namespace orrery {
namespace {

const std::map<char32_t, const char*>& commands() {
  static const std::map<char32_t, const char*> table = {{'\\', "\\textbackslash{}"},
                                                        {'{', "\\{"},
                                                        {'}', "\\}"},
                                                        {'$', "\\$"},
                                                        {'&', "\\&"},
                                                        {'#', "\\#"},
                                                        {'%', "\\%"},
                                                        {'_', "\\_"},
                                                        {'^', "\\textasciicircum{}"},
                                                        {'~', "\\textasciitilde{}"},
                                                        {'<', "\\textless{}"},
                                                        {'>', "\\textgreater{}"},
                                                        {'|', "\\textbar{}"},
                                                        {'"', "\\textquotedbl{}"},
                                                        {'\'', "\\textquotesingle{}"},
                                                        {'`', "\\textasciigrave{}"},
                                                        {'-', "-{}"},  // no ligature
                                                        {U'·', "$\\cdot$"},
                                                        {U'×', "$\\times$"},
                                                        {U'÷', "$\\div$"},
                                                        {U'±', "$\\pm$"},
                                                        {U'−', "$-$"},
                                                        {U'…', "\\ldots{}"},
                                                        {U'–', "--{}"},
                                                        {U'—', "---{}"},
                                                        {U'→', "$\\to$"},
                                                        {U'←', "$\\leftarrow$"},
                                                        {U'≤', "$\\le$"},
                                                        {U'≥', "$\\ge$"},
                                                        {U'≠', "$\\ne$"},
                                                        {U'∞', "$\\infty$"},
                                                        {U'√', "$\\surd$"},
                                                        {U'Σ', "$\\Sigma$"},
                                                        {U'α', "$\\alpha$"},
                                                        {U'β', "$\\beta$"},
                                                        {U'γ', "$\\gamma$"},
                                                        {U'δ', "$\\delta$"},
                                                        {U'ε', "$\\epsilon$"},
                                                        {U'θ', "$\\theta$"},
                                                        {U'λ', "$\\lambda$"},
                                                        {U'μ', "$\\mu$"},
                                                        {U'π', "$\\pi$"},
                                                        {U'σ', "$\\sigma$"},
                                                        {U'τ', "$\\tau$"},
                                                        {U'φ', "$\\phi$"},
                                                        {U'ω', "$\\omega$"}};
  return table;
}

// Letters that LaTeX's T1 fonts hold, written as they are.
bool is_accented_latin(char32_t code) {
  return code >= 0xC0 && code <= 0x17E && code != 0x149 && code != 0x17F;
}

}  // namespace

std::string tex_text(std::string_view text) {
  std::string result;
  for (const Letter& letter : letters_of(text)) {
    if (const auto at = commands().find(letter.code); at != commands().end())
      result += at->second;
    else if (letter.code < 0x80 || is_accented_latin(letter.code))
      result += letter.bytes;
    else
      result += fmt::format("\\letter{{{:X}}}", static_cast<unsigned>(letter.code));
  }
  return result;
}

}  // namespace orrery
