#include "hostile/scenario.hpp"

namespace hookwright::testing {

Expected delivered(int status) {
  return {.status = status, .decision = Decision::delivered};
}

Expected delivered_or_protocol() {
  return {.status = 200, .decision = Decision::delivered, .or_fault = Fault::protocol};
}

Expected protocol_or_timeout() {
  return {.fault = Fault::protocol, .or_fault = Fault::timeout};
}

Expected delivered_or_reset() {
  return {.status = 200, .decision = Decision::delivered, .or_fault = Fault::reset};
}

Expected timeout_or_reset() {
  return {.fault = Fault::timeout, .or_fault = Fault::reset};
}

Expected answered(int status) {
  return {.status = status};
}

Expected times_out() {
  return {.fault = Fault::timeout};
}

Expected breaks(Fault fault) {
  return {.fault = fault};
}

Expected dies_before_answer() {
  return {.fault = Fault::reset, .sends_kept = 2};
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (; times > 0; --times) all += text;
  return all;
}

}  // namespace hookwright::testing
