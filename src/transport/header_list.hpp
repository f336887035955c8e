#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>
#include <vector>

#include "hookwright/header.hpp"

namespace hookwright::transport {

// The first of a request's headers that must not be sent, or nothing: whatever could start another
// header, or contradict the request's own, is refused here once more, wherever it came from.
std::optional<std::string> refused_header(const std::vector<Header>& headers);

// The header lines of one request in the form that libcurl wants. It writes them to the wire as
// they are.
class HeaderList {
 public:
  // False if a header must not be sent; its name is then in `refused()`.
  bool assign(const std::vector<Header>& headers);

  // Valid until the next assign().
  [[nodiscard]] curl_slist* lines() { return nodes_.data(); }
  [[nodiscard]] const std::string& refused() const { return refused_; }

 private:
  // One buffer for all lines instead of an allocation for each; libcurl only reads the list.
  std::string text_;
  std::vector<std::size_t> begins_;
  std::vector<curl_slist> nodes_;
  std::string refused_;
};

}  // namespace hookwright::transport
