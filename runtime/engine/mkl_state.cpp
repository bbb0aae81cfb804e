#include "runtime/engine/mkl_state.h"

#include <dlfcn.h>
#include <string_view>

#include <ATen/ATen.h>
#include <link.h>

#include "runtime/core/error.h"

// Hosts without our program have it from here: the engine library stands before the libraries that it needs.
extern "C" __attribute__((visibility("default"), used)) int mkl_serv_intel_cpu_true() {
  return orrery::mkl_answer_here();
}

namespace orrery {
namespace {

constexpr const char* kSymbol = "mkl_serv_intel_cpu_true";

struct Place {
  Dl_info info{};
  const link_map* map = nullptr;
};

Place place_of(const void* address) {
  Place place;
  void* map = nullptr;
  if (dladdr1(address, &place.info, &map, RTLD_DL_LINKMAP) != 0)
    place.map = static_cast<const link_map*>(map);
  return place;
}

#if defined(__x86_64__)
// What a library's calls of a function of its own go to now, after the loader's search: nullptr where it has
// no such calls.
const void* target_of_calls(const link_map& library, std::string_view name) {
  const ElfW(Rela)* calls = nullptr;
  const ElfW(Sym)* symbols = nullptr;
  const char* names = nullptr;
  size_t bytes = 0;
  for (const ElfW(Dyn)* entry = library.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_JMPREL) calls = reinterpret_cast<const ElfW(Rela)*>(entry->d_un.d_ptr);
    if (entry->d_tag == DT_PLTRELSZ) bytes = entry->d_un.d_val;
    if (entry->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const ElfW(Sym)*>(entry->d_un.d_ptr);
    if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
  }
  for (size_t i = 0; calls && symbols && names && i < bytes / sizeof *calls; ++i)
    if (name == names + symbols[ELF64_R_SYM(calls[i].r_info)].st_name)
      return *reinterpret_cast<const void* const*>(library.l_addr + calls[i].r_offset);
  return nullptr;
}
#else
const void* target_of_calls(const link_map&, std::string_view) { return nullptr; }
#endif

}  // namespace

// LibTorch's calls tell the truth also where a host opened LibTorch before us and alone, so that it does not
// see what we define. Calls that are bound at their first use point at no function until then, but into
// LibTorch: their search is ours, save where such a host opened it with RTLD_LAZY and has multiplied nothing
// yet.
MklAsks mkl_asks() {
  const Place torch = place_of(reinterpret_cast<const void*>(&at::globalContext));
  void* const opened = torch.map ? dlopen(torch.info.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
  const void* const own = opened ? dlsym(opened, kSymbol) : nullptr;
  if (!own) return {};
  const void* target = target_of_calls(*torch.map, kSymbol);
  const bool still_open = !target || (target != own && place_of(target).map == torch.map);
  if (still_open) target = dlsym(RTLD_DEFAULT, kSymbol);
  const Place place = place_of(target);
  return {place.info.dli_fname ? place.info.dli_fname : "an unknown place", place.map == torch.map,
          reinterpret_cast<int (*)()>(const_cast<void*>(target))};
}

MklState mkl_state(const Processor& processor, const char* setting, const MklAsks& asks) {
  const std::string text = setting ? setting : "";
  check(text.empty() || text == "0" || text == "1", Fault::usage,
        "ORRERY_MKL_OVERRIDE must be 0 (leave MKL to itself) or 1, got '{}'", text);
  MklState state{processor, wanted_mkl_override(processor, setting), "", asks.library};
  if (state.override != MklOverride::in_force) return state;
  if (!asks.function) {
    state.reason = "this LibTorch has no MKL";
  } else if (asks.of_torch) {
    state.reason = "LibTorch was opened before Orrery's engine, and its MKL asks itself";
  } else if (asks.function() != 1) {
    state.reason = fmt::format("{} answers MKL in Orrery's place", asks.library);
  }
  if (!state.reason.empty()) state.override = MklOverride::not_possible;
  return state;
}

std::string word(MklOverride override) {
  switch (override) {
    case MklOverride::in_force: return "in force";
    case MklOverride::turned_off: return "turned off";
    case MklOverride::not_needed: return "not needed";
    case MklOverride::unsuitable: return "unsuitable";
    case MklOverride::not_possible: return "not possible";
  }
  return "";
}

}  // namespace orrery
