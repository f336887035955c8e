#pragma once

#include <cstdint>
#include <exception>

#include "hookwright/store_batch.hpp"

namespace hookwright::engine {

// Calls a store. One that throws breaks its contract; that must not end the host, so it counts as
// the status given.
template <class Answer, class Call>
[[nodiscard]] Answer guard(std::uint64_t& exceptions, StoreCode on_throw, Call&& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    ++exceptions;
    Answer answer;
    answer.status.code = on_throw;
    try {
      answer.status.detail = std::string("it threw: ") + error.what();
    } catch (...) {  // without memory the code alone must do
    }
    return answer;
  } catch (...) {
    ++exceptions;
    Answer answer;
    answer.status.code = on_throw;
    return answer;
  }
}

}  // namespace hookwright::engine
