#include "hookwright/version.hpp"

namespace hookwright {

std::string_view version() {
  return HOOKWRIGHT_VERSION;
}

}  // namespace hookwright
