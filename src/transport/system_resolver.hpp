#pragma once

#include <functional>
#include <memory>
#include <string>

#include "hookwright/resolver.hpp"
#include "transport/lookup.hpp"

namespace hookwright::transport {

// make_system_resolver() with another way to look a name up: how tests make it slow.
std::shared_ptr<Resolver> make_pool_resolver(const ResolverOptions& options,
                                             std::function<Lookup(const std::string&)> look_up);

}  // namespace hookwright::transport
