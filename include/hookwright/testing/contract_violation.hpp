#pragma once

#include <stdexcept>

#include "hookwright/export.hpp"

namespace hookwright::testing {

// Says which promise of a contract was broken: what was expected, and what was found.
class HOOKWRIGHT_EXPORT ContractViolation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~ContractViolation() override;
};

}  // namespace hookwright::testing
