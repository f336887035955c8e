#pragma once

#include <string>
#include <vector>

#include "hookwright/header.hpp"
#include "hookwright/signer.hpp"

namespace hookwright::engine {

// The headers of a request, all but those of the transport's; in one place, so that what is shown
// of a request is what is sent.
inline void append_headers(const std::vector<Header>& own, const std::string& user_agent,
                           SigningKey& key, const Outgoing& outgoing,
                           std::vector<Header>& headers) {
  headers.reserve(headers.size() + own.size() + 8);
  headers.push_back({"Content-Type", "application/json"});
  headers.push_back({"User-Agent", user_agent});
  key.sign(outgoing, headers);
  headers.insert(headers.end(), own.begin(), own.end());
}

}  // namespace hookwright::engine
