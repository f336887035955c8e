#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/time.hpp"
#include "transport/library.hpp"

namespace hookwright::transport {

// Moves transfers on: the only part that knows how libcurl is driven.
//
// Most transfers are in one multi handle, driven by curl_multi_perform, whose cost grows with all
// that is in it. Transfers that may hang, which mostly wait, are in a second one that is driven by
// socket callbacks, and only when something happens there; its sockets are watched by the first
// one's poll. Both belong to one thread; wake() may come from any.
class Driver {
 public:
  struct Finished {
    CURL* handle = nullptr;
    CURLcode code = CURLE_OK;
  };

  // Throws std::bad_alloc.
  Driver(const Library& library, std::size_t connections_max, bool http2);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // False if libcurl doesn't take the handle.
  bool add(CURL* handle, bool apart);
  void remove(CURL* handle, bool apart);

  // Does what can be done without waiting. False: this driver is broken beyond repair.
  bool turn();

  // The handle stays with the driver until it is removed.
  std::optional<Finished> next_finished();

  // Waits until there is something to do, wake() is called or `max` has passed. False: as turn().
  bool wait(Duration max);

  // Ends the current wait, or the next one early.
  void wake();

  int note_socket(curl_socket_t socket, int what);
  int note_timer(long milliseconds);

 private:
  using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

  [[nodiscard]] CURLM* multi_for(bool apart) const;
  [[nodiscard]] bool apart_is_idle() const;
  bool turn_apart();

  bool separate_;
  std::size_t apart_transfers_ = 0;
  std::unordered_map<curl_socket_t, short> apart_sockets_;
  std::vector<curl_waitfd> ready_;
  std::optional<SteadyTime> apart_due_;
  SteadyTime apart_kicked_{};
  Multi main_;  // last, since their callbacks use the above until they are gone
  Multi apart_;
};

}  // namespace hookwright::transport
