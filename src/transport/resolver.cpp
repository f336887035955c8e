#include "hookwright/resolver.hpp"

namespace hookwright {

Resolver::~Resolver() = default;

}  // namespace hookwright
