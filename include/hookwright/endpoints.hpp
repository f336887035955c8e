#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/event.hpp"
#include "hookwright/explanation.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"

namespace hookwright {

enum class EndpointOutcome : std::uint8_t {
  ok,
  not_found,          // the tenant has no such endpoint
  uid_taken,          // another endpoint of the tenant has this uid
  over_limit,         // the profile's active_endpoints_max is reached
  conflict,           // somebody else has changed it: read it again
  store_unavailable,  // nothing has changed; or, after a crash of the store, look again
  shutting_down,
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(EndpointOutcome outcome);

struct EndpointResult {
  EndpointOutcome outcome = EndpointOutcome::store_unavailable;
  Endpoint endpoint{};       // as it is now, if ok
  bool weak_secret = false;  // the one that was given could be guessed: say so to its owner
  [[nodiscard]] bool ok() const { return outcome == EndpointOutcome::ok; }
};

template <class Row>
struct Listed {
  std::vector<Row> rows{};
  std::string next{};     // pass it as `after` for the next page; empty: there is no more
  bool available = true;  // false: the store could not be read just now
};

// The subscriptions. Every call names the tenant and sees nothing of others.
//
// Threads: any, several at once. Calls that change something return once that is durable. Errors:
// bad input throws ConfigError naming the field ("endpoint.url") and changes nothing; the rest is
// the outcome.
class HOOKWRIGHT_EXPORT Endpoints {
 public:
  virtual ~Endpoints();

  // Subscribes. The endpoint is active, and gets what is published from now on.
  virtual EndpointResult create(std::string_view tenant, const EndpointSpec& spec) = 0;

  // Replaces what the caller says of it, all but the profile; without a secret in `spec` the old
  // ones stay.
  virtual EndpointResult update(std::string_view tenant, EndpointId id,
                                const EndpointSpec& spec) = 0;

  // Makes it active again and clears its failing mark; what was held is sent.
  virtual EndpointResult enable(std::string_view tenant, EndpointId id) = 0;

  // Holds new and waiting events back until it is enabled.
  virtual EndpointResult pause(std::string_view tenant, EndpointId id) = 0;

  // Skips new events and holds waiting ones back until it is enabled.
  virtual EndpointResult disable(std::string_view tenant, EndpointId id) = 0;

  // Removes it; what waits for it is dropped. What is under way ends as it does.
  virtual EndpointOutcome remove(std::string_view tenant, EndpointId id) = 0;

  [[nodiscard]] virtual std::optional<Endpoint> find(std::string_view tenant,
                                                     EndpointId id) const = 0;
  [[nodiscard]] virtual std::optional<Endpoint> find_uid(std::string_view tenant,
                                                         std::string_view uid) const = 0;

  // A dry run: whether this event (encode() makes it) would reach the endpoint now, why not, and
  // the request as it would be sent. Throws ConfigError("event") for one that was refused.
  [[nodiscard]] virtual Explanation explain(std::string_view tenant, EndpointId id,
                                            const EncodedEvent& event) const = 0;

  // In order of creation. `limit`: 1 to 1,000.
  [[nodiscard]] virtual Listed<Endpoint> list(std::string_view tenant, std::string_view after = {},
                                              std::size_t limit = 100) const = 0;

  // What waits for it, next first; its attempts, newest first; its dead letters, newest first. For
  // the operator: what its owner may see of an attempt or a dead letter is tenant_view().
  [[nodiscard]] virtual Listed<Waiting> waiting(std::string_view tenant, EndpointId id,
                                                std::string_view after = {},
                                                std::size_t limit = 100) const = 0;
  [[nodiscard]] virtual Listed<Attempt> attempts(std::string_view tenant, EndpointId id,
                                                 std::string_view after = {},
                                                 std::size_t limit = 100) const = 0;
  [[nodiscard]] virtual Listed<DeadLetter> dead_letters(std::string_view tenant, EndpointId id,
                                                        std::string_view after = {},
                                                        std::size_t limit = 100) const = 0;
};

}  // namespace hookwright
