#include "runtime/engine/torch_error.h"

#include <new>
#include <regex>
#include <string_view>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace orrery {
namespace {

// C++ names in LibTorch's words, and ours.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"c10::complex<float>", "complex64"},
                                                                    {"c10::complex<double>", "complex128"},
                                                                    {"c10::complex<c10::Half>", "complex32"},
                                                                    {"c10::BFloat16", "bfloat16"},
                                                                    {"c10::Half", "float16"},
                                                                    {"at::BFloat16", "bfloat16"},
                                                                    {"at::Half", "float16"}};

constexpr const char* kLessMemory = "use a smaller batch, smaller tensors or another device";
constexpr const char* kComputeAnew =
    "an update or an in-place operation changed what this gradient still needs: compute the loss anew behind "
    "it, or take all gradients before it; in place of a method that changes its tensor, x:add_(y), use "
    "the one that makes a new tensor, x:add(y), or change a copy, x:clone()";

// LibTorch puts its own source line in front of failed allocations, asks for reports of checks that have no
// words of their own, and gives a hint about Python.
std::string plain_words(std::string text) {
  if (const size_t plea = text.find("(Could this error message be improved?"); plea != std::string::npos)
    text.erase(plea);
  if (const size_t hint = text.find(" Hint: enable anomaly detection"); hint != std::string::npos)
    text.erase(hint);
  const size_t close = text.find("] ");
  if (text.starts_with("[enforce fail at ") && close != std::string::npos) text.erase(0, close + 2);
  if (text.starts_with("err == 0. ")) text.erase(0, 10);
  for (const auto& [theirs, ours] : kNames)
    for (size_t at = 0; (at = text.find(theirs, at)) != std::string::npos; at += ours.size())
      text.replace(at, theirs.size(), ours);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// LibTorch tells its class, its node of the backward pass and two counts of changes: `[CPUFloatType [3]],
// which is output 0 of ExpBackward0, is at version 1; expected version 0 instead`.
std::string words_for_changed(const std::string& text) {
  static const std::regex kTensor(R"(\[[^ ]+ \[([0-9, ]*)\]\](, which is output [0-9]+ of (\w+?)Backward)?)");
  std::smatch found;
  if (!std::regex_search(text, found, kTensor)) return text;
  const std::string maker = found[3].matched ? fmt::format(", made by {},", found[3].str()) : "";
  return fmt::format(
      "a tensor of shape ({}){} that this gradient needs has been modified by an inplace operation",
      found[1].str(), maker);
}

// What LibTorch says about its own switches, and our remedy; empty for other errors.
std::string remedy_for_determinism(std::string& text) {
  if (text.find("CUBLAS_WORKSPACE_CONFIG") != std::string::npos) {
    text =
        "products of matrices on CUDA give the same numbers each time only when the environment asks for it";
    return "start with CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment, or leave out deterministic = true";
  }
  const size_t end = text.find(", but you set 'torch.use_deterministic_algorithms(True)'");
  if (end == std::string::npos) return {};
  text.erase(end);
  return "use another operation, or leave out deterministic = true; deterministic = \"warn\" tells of it and "
         "goes on";
}

bool is_allocation_failure(const c10::Error& error, const std::string& text) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         text.find("can't allocate memory") != std::string::npos;
}

// Takes what LibTorch says about its own switches out of the text.
std::string remedy_for(bool memory, std::string& text) {
  if (memory) return kLessMemory;
  if (text.find("modified by an inplace operation") != std::string::npos) {
    text = words_for_changed(text);
    return kComputeAnew;
  }
  return remedy_for_determinism(text);
}

}  // namespace

void rethrow_as_error(std::exception_ptr failure, const std::string& doing, const SourceSite& site) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error&) {
    throw;
  } catch (const InvariantFailure&) {
    throw;
  } catch (const c10::Error& error) {
    std::string text = plain_words(error.what_without_backtrace());
    const bool memory = is_allocation_failure(error, text);
    const std::string remedy = remedy_for(memory, text);
    throw Error(memory ? Fault::memory : Fault::run, doing + ": " + text, site, remedy);
  } catch (const std::bad_alloc&) {
    throw Error(Fault::memory, doing + ": out of memory", site, kLessMemory);
  } catch (const std::exception& error) {
    throw Error(Fault::run, doing + ": " + plain_words(error.what()), site);
  }
}

}  // namespace orrery
