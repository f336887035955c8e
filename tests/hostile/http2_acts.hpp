#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hookwright/fault.hpp"
#include "support/http2.hpp"
#include "support/receiver.hpp"

// What a receiver may do over HTTP/2.
namespace hookwright::testing {

// What it may be taken for: an answer of this status, or one of these faults.
struct Act {
  std::string name{};
  std::vector<Fault> faults{};
  int status = 0;
  std::function<Reply(std::uint32_t stream)> reply{};
  std::string greeting = http2::settings();
  bool early = false;  // the reply comes once the headers are there
  std::size_t body_bytes = 300;
  bool unprocessed = false;  // so it says: libcurl sends the request once more
  bool floods = false;       // takes time from all others

  // Whether the deadline decides; all others end long before.
  [[nodiscard]] bool waits() const;
};

std::vector<Act> acts();

}  // namespace hookwright::testing
