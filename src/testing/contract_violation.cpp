#include "hookwright/testing/contract_violation.hpp"

namespace hookwright::testing {

ContractViolation::~ContractViolation() = default;

}  // namespace hookwright::testing
