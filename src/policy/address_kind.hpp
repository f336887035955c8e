#pragma once

#include "hookwright/address.hpp"

namespace hookwright::policy {

// Whether every address of the range is of this kind, as far as one line of the tables says so.
[[nodiscard]] bool lies_within(const AddressRange& range, AddressKind kind);

}  // namespace hookwright::policy
