// Headers: what is accepted of an endpoint, or given to the transport, is one line on the wire.

#include <vector>

#include "fuzz/fuzz.hpp"
#include "hookwright/error.hpp"
#include "hookwright/header.hpp"
#include "hookwright/profiles.hpp"
#include "transport/header_list.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  std::vector<Header> headers;
  while (!rest.empty() && headers.size() < 64) {
    const std::string_view name = fuzz::take_part(rest);
    headers.push_back({std::string(name), std::string(fuzz::take_part(rest))});
  }
  bool fit = true;
  try {
    check_custom_headers(headers, profiles::snipy().wire);
  } catch (const ConfigError&) {
    fit = false;
  }
  transport::HeaderList list;
  const bool taken = list.assign(headers);
  fuzz::require(taken || !fit || headers.size() > 20, "what may be registered may be sent");
  if (!taken) return 0;
  std::size_t lines = 0;
  for (const curl_slist* line = list.lines(); line != nullptr; line = line->next) {
    ++lines;
    const std::string_view text = line->data;
    fuzz::require(text.find_first_of("\r\n") == std::string_view::npos, "one header is one line");
    fuzz::require(text.find_first_of(":;") != std::string_view::npos, "a header has a name");
  }
  fuzz::require(lines >= headers.size(), "no header is lost");
  return 0;
}
