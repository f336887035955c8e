#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hookwright/address.hpp"

namespace hookwright::transport {

// What the operating system said about a name.
struct Lookup {
  enum class Result {
    found,
    no_such_name,  // a server said so
    no_answer,     // the servers, or the way to them, don't work
    shortage,      // ours: memory, descriptors
  };
  Result result = Result::no_answer;
  std::vector<IpAddress> addresses{};
  std::string detail{};
};

// getaddrinfo(): blocks, for many seconds if the name's servers don't answer.
Lookup look_up(const std::string& host);

}  // namespace hookwright::transport
