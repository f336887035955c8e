// The URL grammar: what is taken is canonical, and stays within what other parsers agree upon.

#include "fuzz/fuzz.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  for (const EgressPolicy& policy : {EgressPolicy::production(), EgressPolicy::development()}) {
    try {
      const Url url = parse_url(text, policy);
      fuzz::require(parse_url(url.text, policy) == url,
                    "a canonical URL is its own canonical form");
      fuzz::require(!url.host.empty() && url.port != 0, "there is a host and a port");
      fuzz::require(url.target.starts_with('/'), "there is a path");
      fuzz::require(url.tls || policy.allow_http, "http only where it is allowed");
      for (const char c : url.text) {
        fuzz::require(c > 0x20 && c < 0x7F && c != '\\' && c != '#', "visible ASCII only");
      }
      fuzz::require(
          url.text.find('@') == std::string::npos || url.target.find('@') != std::string::npos,
          "no user");
    } catch (const ConfigError& error) {
      fuzz::require(error.field() == "endpoint.url", "a refusal names the field");
    }
  }
  return 0;
}
