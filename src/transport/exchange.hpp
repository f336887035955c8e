#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/address.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"
#include "transport/border.hpp"
#include "transport/guard.hpp"
#include "transport/header_list.hpp"
#include "transport/library.hpp"
#include "transport/placeholder.hpp"
#include "transport/pools.hpp"
#include "transport/response.hpp"
#include "transport/trust.hpp"

namespace hookwright::transport {

// What all requests of a transport have in common.
struct Settings {
  Library library{};
  std::shared_ptr<Border> border{};
  std::shared_ptr<const Trust> trust{};
  std::shared_ptr<Pools> pools{};
  Placeholders placeholders{};
  ResponseLimits limits{};
  Duration idle_max{};
  Duration connect_max{};
  Duration body_max{};
  bool http2 = false;
};

// One request on its way: an easy handle, and all that libcurl reads or writes meanwhile. A request
// takes one transfer, or two where an address does not answer or a kept connection is dead.
//
// A handle is used again only after a transfer that went as transfers should: a new one costs a
// tenth of a delivery, but one that has been used is not as new, whatever curl_easy_reset() does.
// 8.14 keeps the wish to rewind a body; for 7.84 to 8.0.1 see Library::keeps_dead_header.
class Exchange {
 public:
  // Throws ConfigError ("transport.libcurl") if a protection cannot be switched on.
  explicit Exchange(const Settings& settings);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Takes a request. False if a header must not be sent: headers.refused().
  bool begin(RequestId id, Request&& request, SteadyTime now);

  // Readies the handle for a transfer to addresses[address]; it must be in no driver. False if
  // libcurl has no memory.
  bool prepare(SteadyTime now, bool fresh_connection);

  // The transfer was answered and ended as it should: its handle may serve another request.
  void keep_handle();

  // After the request has ended.
  void end();

  // The exchange that a handle belongs to.
  static Exchange& of(CURL* handle);

  // It may hang: it is driven apart from those that are answered, and its connection is not kept.
  [[nodiscard]] bool apart() const { return request.slow || request.untried; }
  [[nodiscard]] CURL* handle() const { return handle_.get(); }

  // libcurl's words for what went wrong, empty if it had none.
  [[nodiscard]] std::string_view error_text() const { return error_.data(); }

  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  std::size_t read_body(char* to, std::size_t size);

  // The transport's notes on the request.
  std::uint64_t serial = 0;
  RequestId id = 0;
  Request request{};
  SteadyTime started{};
  std::vector<IpAddress> addresses{};    // vetted, at most two
  std::size_t address = 0;               // the one in use
  std::optional<SteadyTime> answered{};  // when the final header block was complete
  bool in_driver = false;
  bool sent_again = false;  // since a kept connection was dead; done once

  Guard guard;
  HeaderList headers;
  Response response;

 private:
  CURLcode set_fixed_options();

  const Settings* settings_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::size_t body_read_ = 0;
  bool reusable_ = false;  // the handle, by another transfer
};

}  // namespace hookwright::transport
