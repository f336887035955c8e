#include "hookwright/transport.hpp"

namespace hookwright {

Transport::~Transport() = default;

}  // namespace hookwright
