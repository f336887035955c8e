#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hookwright/address.hpp"
#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

enum class ResolveStatus : std::uint8_t {
  resolved,      // `addresses` holds at least one
  not_resolved,  // this name has no address, or its servers don't answer while others' do
  unavailable,   // nothing resolves at all, or there is too much to look up: not the name's fault
};

struct Resolution {
  ResolveStatus status = ResolveStatus::not_resolved;
  std::vector<IpAddress> addresses{};  // best first
  std::string detail{};                // what happened in words, for the operator
};

// Turns names into addresses. A transport asks for every request, and never for an address in text.
//
// Threads: resolve() may be called by several threads at once; `done` is called on any thread, also
// from within resolve(). Ownership: shared between transports; it owns `done` until it has called
// it. Errors: never thrown; they are a Resolution. Time and re-entrancy: resolve() never blocks;
// `done` is called exactly once, soon after `deadline` at the latest; it is brief, does not throw
// and does not call back into the resolver. What hookwright promises: `host` is a syntactically
// valid, lower-case name; an answer that comes too late, or after the transport has gone, is
// harmless; addresses are vetted by the transport, so a resolver need not filter them.
class HOOKWRIGHT_EXPORT Resolver {
 public:
  using Done = std::function<void(Resolution)>;

  virtual ~Resolver();
  virtual void resolve(std::string host, SteadyTime deadline, Done done) = 0;
};

struct ResolverOptions {
  // At most, 1 to 256; started as they are needed, since each may be stuck in the operating system
  // for long. A quarter of them is kept for names that resolved the last time.
  std::size_t threads = 64;
  std::size_t queue_max = 1024;  // names waiting for a thread; beyond it `unavailable` at once
  Duration lookup_max{2'000};  // what one lookup may take, if the request's deadline is not nearer
  Duration positive_ttl{30'000};  // how long an answer is used again; getaddrinfo() tells no TTL
  Duration negative_ttl{5'000};
  Duration stale_max{300'000};     // for which an old answer stands in where no new one comes
  std::size_t cache_max = 10'000;  // names
};

// The operating system's resolver (getaddrinfo) on a bounded pool of threads, with a cache; several
// requests for one name share a lookup. A name whose servers don't answer holds one thread, and
// what it can hold up is bounded too: when all the threads that it may use are stuck in lookups
// that are overdue, names that never resolved are `unavailable` at once; those that did are
// answered with the last answer, as RFC 8767 has it. An overdue lookup cannot be ended: its thread
// is left behind at destruction and ends with it, touching nothing. Of an answer with more than 64
// addresses 64 are kept, those that are not public first. Throws ConfigError ("resolver.threads"
// ...).
[[nodiscard]] HOOKWRIGHT_EXPORT std::shared_ptr<Resolver> make_system_resolver(
    const ResolverOptions& options = {});

}  // namespace hookwright
