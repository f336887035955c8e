#include "hookwright/seen_deliveries.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "hookwright/error.hpp"
#include "signing/hmac.hpp"
#include "signing/wipe.hpp"

namespace hookwright {
namespace {

signing::HmacSha256 random_key() {
  std::array<std::uint8_t, 32> key{};
  const signing::WipeAtExit wipe_key(key);
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("no random bytes for the ids of deliveries");
  }
  return signing::HmacSha256(std::span<const std::uint8_t>(key));
}

}  // namespace

struct SeenDeliveries::State {
  // Half a MAC: ids of any length in the same space, and nobody outside can make two collide.
  using Digest = std::array<std::uint8_t, 16>;

  struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
      std::size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };

  struct Entry {
    Digest digest{};
    TimePoint at{};
  };
  using Entries = std::list<Entry>;

  SeenDeliveriesOptions options{};
  mutable std::mutex mutex{};
  signing::HmacSha256 key = random_key();
  TimePoint newest{};
  Entries entries{};  // oldest first
  std::unordered_map<Digest, Entries::iterator, DigestHash> places{};

  Digest digest_of(std::string_view id) {
    const signing::Mac mac = key.sign({id});
    Digest digest{};
    std::copy_n(mac.begin(), digest.size(), digest.begin());
    return digest;
  }

  void forget_oldest() {
    places.erase(entries.front().digest);
    entries.pop_front();
  }
};

SeenDeliveries::SeenDeliveries(SeenDeliveriesOptions options) : state_(std::make_unique<State>()) {
  if (options.window <= Duration::zero()) {
    throw ConfigError("seen_deliveries.window", "must be positive",
                      std::to_string(options.window.count()) + " ms");
  }
  if (options.max == 0) throw ConfigError("seen_deliveries.max", "must be positive", "0");
  state_->options = options;
}

SeenDeliveries::~SeenDeliveries() = default;
SeenDeliveries::SeenDeliveries(SeenDeliveries&&) noexcept = default;
SeenDeliveries& SeenDeliveries::operator=(SeenDeliveries&&) noexcept = default;

bool SeenDeliveries::first_time(std::string_view id, TimePoint now) {
  if (id.empty()) return true;
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  state.newest = std::max(state.newest, now);
  while (!state.entries.empty() &&
         state.newest - state.entries.front().at >= state.options.window) {
    state.forget_oldest();
  }
  const State::Digest digest = state.digest_of(id);
  if (state.places.contains(digest)) return false;

  if (state.entries.size() >= state.options.max) state.forget_oldest();
  const auto place = state.entries.insert(state.entries.end(), {digest, state.newest});
  try {
    state.places.emplace(digest, place);
  } catch (...) {
    state.entries.erase(place);  // an entry without a place would never be found, nor forgotten
    throw;
  }
  return true;
}

void SeenDeliveries::forget(std::string_view id) {
  if (id.empty()) return;
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  const auto found = state.places.find(state.digest_of(id));
  if (found == state.places.end()) return;
  state.entries.erase(found->second);
  state.places.erase(found);
}

std::size_t SeenDeliveries::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace hookwright
