#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hookwright/endpoint_calls.hpp"
#include "hookwright/event.hpp"
#include "hookwright/explanation.hpp"

namespace hookwright {

// The subscriptions. Every call names the tenant and sees nothing of others.
//
// Versions: a call that is given the `version` of the endpoint it wants to change (not 0) changes
// nothing, and says `conflict`, if the endpoint has changed since, by a call or by what became of
// its deliveries.
//
// Threads: any, several at once. Calls that change something return once that is durable. Errors:
// bad input throws ConfigError naming the field ("endpoint.url") and changes nothing; the rest is
// the outcome. Not to be called from a callback of the dispatcher: test(), verify().
class HOOKWRIGHT_EXPORT Endpoints {
 public:
  virtual ~Endpoints();

  // Subscribes. The endpoint is active, and gets what is published from now on; or unverified, and
  // its handshake begins.
  virtual EndpointResult create(std::string_view tenant, const EndpointSpec& spec) = 0;

  // Replaces what the caller says of it, all but the profile; without a secret in `spec` the old
  // ones stay. Requests under way end as they were begun.
  virtual EndpointResult update(std::string_view tenant, EndpointId id, const EndpointSpec& spec,
                                std::uint64_t version = 0) = 0;

  // Gives it a new secret, generated unless given. For `overlap` (0 to 7 days) the old one lives on
  // beside it: where the signature header can carry two, both sign; where it can't, the old one
  // signs alone until then and the new one from then on, so the receiver should accept both
  // meanwhile. A request that is signed already goes out as it is. Rotating again within the time
  // ends the oldest secret at once.
  virtual EndpointResult rotate(std::string_view tenant, EndpointId id,
                                const std::optional<Secret>& secret = {},
                                Duration overlap = std::chrono::hours(24),
                                std::uint64_t version = 0) = 0;

  // Makes it active again and clears its failing mark; what was held is sent. One whose receiver
  // has not passed the handshake becomes unverified instead, and the handshake begins.
  virtual EndpointResult enable(std::string_view tenant, EndpointId id,
                                std::uint64_t version = 0) = 0;

  // Holds new and waiting events back until it is enabled.
  virtual EndpointResult pause(std::string_view tenant, EndpointId id,
                               std::uint64_t version = 0) = 0;

  // Skips new events, and makes dead letters of those that wait.
  virtual EndpointResult disable(std::string_view tenant, EndpointId id,
                                 std::uint64_t version = 0) = 0;

  // Removes it; what waits for it is dropped. What is under way ends as it does.
  virtual EndpointOutcome remove(std::string_view tenant, EndpointId id,
                                 std::uint64_t version = 0) = 0;

  // The handshake of profiles that ask for one: posts, signed like any event, and waits for
  // the answer:
  //   {"event":"webhook.verification","timestamp":"...","data":{"challenge_token":"..."}}
  // (Ours: HyperSnap's page names the token only.) The receiver passes if it answers 2xx with the
  // token as the whole body or as any string in a JSON body, of 4 KiB at most; the endpoint is then
  // active, unless it is paused or disabled. A token is good for this one request and until the
  // profile's deadline, which is never above 10 minutes.
  // create(), and update() to another URL, begin it by themselves; call this to try again.
  virtual Trial verify(std::string_view tenant, EndpointId id) = 0;

  // Sends the catalogue's sample of a type, whatever the endpoint's status, signed like any event,
  // and waits for the answer. It is never retried, marked in the history (Purpose::test), and
  // without meaning for the endpoint's health. It counts towards the rate, and takes the next turn
  // that the rate allows; where processes share a store, towards that of the process that sends it.
  virtual Trial test(std::string_view tenant, EndpointId id, std::string_view type) = 0;

  // Sends once more what it has missed, a bounded part of it: see Recovery. Throws ConfigError
  // ("recovery.at_most") unless that is 1 to 10,000.
  virtual Recovered recover(std::string_view tenant, EndpointId id, const Recovery& what) = 0;

  [[nodiscard]] virtual std::optional<Endpoint> find(std::string_view tenant,
                                                     EndpointId id) const = 0;
  [[nodiscard]] virtual std::optional<Endpoint> find_uid(std::string_view tenant,
                                                         std::string_view uid) const = 0;

  // A dry run: whether this event (encode() makes it) would reach the endpoint now, why not, and
  // the request as it would be sent. Throws ConfigError("event") for one that was refused.
  [[nodiscard]] virtual Explanation explain(std::string_view tenant, EndpointId id,
                                            const EncodedEvent& event) const = 0;

  // In order of creation. `limit`: 1 to 1,000.
  [[nodiscard]] virtual Listed<ListedEndpoint> list(std::string_view tenant,
                                                    std::string_view after = {},
                                                    std::size_t limit = 100) const = 0;

  // How many deliveries wait for it, a million at most; nothing if that can't be told.
  [[nodiscard]] virtual std::optional<std::size_t> backlog(std::string_view tenant,
                                                           EndpointId id) const = 0;

  // What waits for it, next first; its attempts, newest first; its dead letters, newest first. For
  // the operator: what its owner may see of an attempt or a dead letter is tenant_view().
  [[nodiscard]] virtual Listed<Waiting> waiting(std::string_view tenant, EndpointId id,
                                                std::string_view after = {},
                                                std::size_t limit = 100) const = 0;
  [[nodiscard]] virtual Listed<Attempt> attempts(std::string_view tenant, EndpointId id,
                                                 std::string_view after = {},
                                                 std::size_t limit = 100,
                                                 const HistoryFilter& only = {}) const = 0;
  [[nodiscard]] virtual Listed<DeadLetter> dead_letters(std::string_view tenant, EndpointId id,
                                                        std::string_view after = {},
                                                        std::size_t limit = 100,
                                                        const HistoryFilter& only = {}) const = 0;

  // The attempts of one delivery, newest first.
  [[nodiscard]] virtual Listed<Attempt> attempts_of(std::string_view tenant, EndpointId id,
                                                    DeliveryId delivery) const = 0;

  // Replaces what the tenant says for all its endpoints. Throws ConfigError ("settings.notify") for
  // an address above 255 bytes.
  virtual EndpointOutcome configure(std::string_view tenant, const TenantSettings& settings) = 0;
  // What it says now: the defaults if it never did, or the store can't be read just now.
  [[nodiscard]] virtual TenantSettings settings(std::string_view tenant) const = 0;
};

}  // namespace hookwright
