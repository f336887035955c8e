#pragma once

#include <string>

namespace httplib {
struct Request;
}

// What is known of whoever follows a link.
struct Visitor {
  std::string ip{};
  std::string country{};  // ISO 3166; empty if unknown
  std::string browser{};
  std::string platform{};
  std::string device{};    // "mobile" or "desktop"
  std::string referrer{};  // the host alone
  std::string user_agent{};

  // Good enough to tell visitors apart here; a real one takes a keyed hash.
  [[nodiscard]] std::string ip_hash() const;
};

// From the request's headers, as simply as will do here. The country is what a CDN in front says.
[[nodiscard]] Visitor visitor_of(const httplib::Request& request);
