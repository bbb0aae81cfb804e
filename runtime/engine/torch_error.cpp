#include "runtime/engine/torch_error.h"

#include <new>

#include <c10/util/Exception.h>

namespace orrery {
namespace {

constexpr const char* kLessMemory = "use a smaller batch, smaller tensors or another device";

// LibTorch puts its own source line in front of failed allocations.
std::string without_enforce_prefix(std::string text) {
  const size_t close = text.find("] ");
  if (text.starts_with("[enforce fail at ") && close != std::string::npos) text.erase(0, close + 2);
  if (text.starts_with("err == 0. ")) text.erase(0, 10);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

bool is_allocation_failure(const c10::Error& error, const std::string& text) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         text.find("can't allocate memory") != std::string::npos;
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
    const std::string text = without_enforce_prefix(error.what_without_backtrace());
    const bool memory = is_allocation_failure(error, text);
    throw Error(memory ? Fault::memory : Fault::run, doing + ": " + text, site, memory ? kLessMemory : "");
  } catch (const std::bad_alloc&) {
    throw Error(Fault::memory, doing + ": out of memory", site, kLessMemory);
  } catch (const std::exception& error) {
    throw Error(Fault::run, doing + ": " + error.what(), site);
  }
}

}  // namespace orrery
