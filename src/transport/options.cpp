#include "transport/options.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "hookwright/error.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t unkept_max = 1024;  // connections: about as many at a time as are not kept

void require(bool holds, std::string_view field, std::string_view rule, std::string_view value) {
  if (!holds) throw ConfigError(field, rule, value);
}

}  // namespace

void check(const CurlTransportOptions& options) {
  const auto check_size = [](std::size_t value, std::size_t max, std::string_view field) {
    require(value >= 1 && value <= max, field, "must be between 1 and " + std::to_string(max),
            std::to_string(value));
  };
  const auto check_duration = [](Duration value, std::string_view field) {
    require(value >= 1ms && value <= 1h, field, "must be between 1 ms and an hour",
            std::to_string(value.count()) + " ms");
  };
  check_size(options.connections_max, 100'000, "transport.connections_max");
  check_size(options.response_header_bytes_max, 256 * 1024, "transport.response_header_bytes_max");
  check_size(options.response_header_lines_max, 10'000, "transport.response_header_lines_max");
  check_size(options.response_body_bytes_max, 16 * 1024 * 1024,
             "transport.response_body_bytes_max");
  require(options.excerpt_bytes_max <= options.response_body_bytes_max,
          "transport.excerpt_bytes_max", "must not exceed transport.response_body_bytes_max",
          std::to_string(options.excerpt_bytes_max));
  check_duration(options.idle_max, "transport.idle_max");
  check_duration(options.connect_max, "transport.connect_max");
  check_duration(options.body_max, "transport.body_max");
}

ResponseLimits limits_of(const CurlTransportOptions& options) {
  return {options.response_header_bytes_max, options.response_header_lines_max,
          options.response_body_bytes_max, options.excerpt_bytes_max};
}

std::size_t connections_kept_max(const CurlTransportOptions& options) {
  return std::max<std::size_t>(1, std::min(options.connections_max, descriptor_limit() / 2));
}

void reserve_descriptors_for(const CurlTransportOptions& options) {
  reserve_descriptors(options.connections_max + unkept_max);
}

}  // namespace hookwright::transport
