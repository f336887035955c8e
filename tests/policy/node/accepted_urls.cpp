// Writes the URLs that the grammar accepts out of so many mutants, once each, for another parser to
// read: accepted_urls <seed> <mutants>
//
//   U <tab> the URL as it came <tab> host <tab> port <tab> canonical URL
//   E <tab> mutants <tab> accepted <tab> written
//
// The host of an IPv6 address is written as eight groups of hexadecimal digits. Each one is
// compared with libcurl's reading here; 1 is returned if there was a difference.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>

#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"
#include "policy/libcurl_reads.hpp"
#include "policy/url_mutants.hpp"

using namespace hookwright;

namespace {

std::string host_of(const Url& url) {
  const auto address = IpAddress::parse(url.host);
  if (!address || !address->is_v6()) return url.host;
  std::string groups;
  for (std::size_t i = 0; i < 16; i += 2) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "%s%x", i == 0 ? "" : ":",
                  static_cast<unsigned>(address->bytes()[i] << 8U | address->bytes()[i + 1]));
    groups += digits;
  }
  return groups;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  testing::UrlMutants mutants(std::strtoull(argv[1], nullptr, 10));
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  const EgressPolicy policies[] = {EgressPolicy::production(), EgressPolicy::development()};
  std::unordered_set<std::string> written;
  unsigned long accepted = 0;
  unsigned long differences = 0;
  for (unsigned long i = 0; i < count; ++i) {
    const std::string text = mutants.next();
    try {
      const Url url = parse_url(text, policies[i % 2]);
      ++accepted;
      if (!written.insert(text).second) continue;
      if (!testing::libcurl_agrees(url) || parse_url(url.text, policies[i % 2]) != url) {
        ++differences;
        std::fprintf(stderr, "libcurl reads otherwise: %s\n", text.c_str());
      }
      std::printf("U\t%s\t%s\t%u\t%s\n", text.c_str(), host_of(url).c_str(),
                  static_cast<unsigned>(url.port), url.text.c_str());
    } catch (const ConfigError&) {
    }
  }
  std::printf("E\t%lu\t%lu\t%zu\n", count, accepted, written.size());
  return differences == 0 ? 0 : 1;
}
