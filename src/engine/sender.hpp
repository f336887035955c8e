#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/breaker.hpp"
#include "engine/messages.hpp"
#include "engine/moment.hpp"
#include "engine/rate.hpp"
#include "hookwright/signer.hpp"
#include "hookwright/transport.hpp"

namespace hookwright::engine {

// Bounds of one sender.
struct SenderBounds {
  std::size_t in_flight_max = 256;
  std::size_t host_max = 64;
  std::size_t tenant_max = 128;
  std::size_t slow_max = 64;
  std::size_t untried_max = 128;
  std::size_t waiting_max = 512;
  std::size_t unsettled_max = 1'024;
  std::size_t breaker_after = 0;  // 0: never
  Duration breaker_pause_max{};
};

// A receiver that takes longer than this to answer keeps nobody busy.
constexpr std::chrono::milliseconds patience{250};

// The delivery side of one shard: lanes in memory, whose turn it is, what is under way. It decides
// when a delivery starts and what its end means; it neither reads the store nor a clock. One
// thread.
//
// Without memory nothing is lost: what handle() could not take whole may be given to it again, a
// delivery that can't be noted is not started, and the end of one needs no memory at all.
class Sender {
 public:
  Sender(const SenderBounds& bounds, std::uint64_t seed, std::size_t shard, Signer& signer,
         std::string user_agent);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Throws std::bad_alloc: the same message may come again, and is then taken to its end.
  void handle(ToSender& message);

  // Starts what may start now. Returns how many.
  std::size_t start(const Moment& moment, Transport& transport);

  // Takes the end of a request.
  void complete(Completion&& completion, const Moment& moment) noexcept;

  // Starts nothing more from here on.
  void stop() { stopped_ = true; }

  // Cuts off all requests; their completions still come.
  void cancel_all(Transport& transport);

  // When start() may have something to do although nothing has happened; nothing: never.
  [[nodiscard]] std::optional<SteadyTime> next_wake() const;

  // What has gathered since the last call.
  [[nodiscard]] FromSender take() noexcept;

  [[nodiscard]] std::size_t in_flight() const { return flights_.size(); }
  [[nodiscard]] std::uint64_t started() const { return started_; }
  [[nodiscard]] std::uint64_t plugin_errors() const { return plugin_errors_; }

 private:
  // A bound that several lanes share.
  struct Resource {
    std::size_t in_use = 0;
    std::size_t max = 0;
    std::string name{};
    std::size_t users = 0;             // lanes and requests that refer to it
    std::deque<EndpointId> waiting{};  // lanes that found it full, in the order of their turns
    [[nodiscard]] bool full() const { return in_use >= max; }
  };
  using Resources = std::unordered_map<std::string, Resource>;
  using Uses = std::array<Resource*, 2>;  // the host, and the tenant or what stands in for it

  struct Lane {
    std::shared_ptr<const Destination> to{};
    std::unique_ptr<SigningKey> key{};  // prepared when first needed, on this thread
    std::uint64_t epoch = 0;
    std::deque<Waiting> ready{};
    std::size_t in_flight = 0;
    Rate rate{};
    SteadyTime held_until{};  // the receiver asked for quiet
    Breaker breaker{};
    Resource* host = nullptr;
    Resource* tenant = nullptr;
    bool tried = false;  // it has been heard from
    bool slow = false;   // its last attempt timed out, or its first one has taken long already
    Resource* waits_for = nullptr;  // whose queue it is in, if any
    bool queued = false;            // for its turn, with a resource, or in alarms_
    bool closed = false;            // forgotten once nothing of it is under way
  };

  struct Flight {
    std::list<Outcome> outcome{};             // one, filled in at the end
    std::shared_ptr<const Destination> to{};  // as it was at the start
    Uses uses{};                              // counted until the end
    SteadyTime since{};
    bool waiting = false;  // for long: it counts as that, and not as in flight
    bool probe = false;    // started while the lane's breaker was open
  };

  struct Alarm {
    SteadyTime at{};
    EndpointId lane{};
    bool operator>(const Alarm& other) const { return at > other.at; }
  };

  void put(const std::shared_ptr<const Destination>& destination);
  void close(EndpointId endpoint);
  void feed(FeedLane& message);

  void enqueue(Lane& lane) noexcept;
  void wait_for(Lane& lane, Resource& resource) noexcept;
  void wait_until(Lane& lane, SteadyTime at) noexcept;
  void look_again() noexcept;
  static Resource& find_or_make(Resources& resources, const std::string& name, std::size_t max);
  static void attach(Resource*& slot, Resource& resource);
  void detach(Resource*& resource);
  [[nodiscard]] bool may_start(const Moment& moment) const;
  std::size_t start_some(std::deque<EndpointId>& turns, std::size_t max, const Moment& moment,
                         Transport& transport);
  [[nodiscard]] std::size_t doubtful_starts(SteadyTime now) const;
  bool admit(Lane& lane, const Moment& moment);
  void unpark_one(Resource& resource);
  void give_back_rows(Lane& lane);
  [[nodiscard]] bool launch(Lane& lane, const Waiting& what, std::uint64_t trial,
                            const Moment& moment, Transport& transport);
  void start_trials(const Moment& moment, Transport& transport);
  void expire(Lane& lane, const Moment& moment);
  void end_unsent(const Waiting& what, std::uint64_t epoch, std::uint64_t trial,
                  const Moment& moment);
  [[nodiscard]] Request make_request(Lane& lane, const Waiting& waiting, const Moment& moment);
  void heard_from(Lane& lane, Fault fault);
  void release(Resource*& resource);
  void note_waiting(SteadyTime now);
  [[nodiscard]] Uses resources_of(const Lane& lane);
  void pass_on(const Lane& lane);
  void report(Flight&& flight, Completion&& completion, const Moment& moment);
  void forget_if_done(EndpointId id);

  SenderBounds bounds_;
  std::list<SendTrial> trials_{};         // not yet started
  std::optional<SteadyTime> trial_at_{};  // when the rate lets one of them go
  std::size_t shard_;
  Signer& signer_;
  std::string user_agent_;
  std::mt19937_64 random_;
  std::unordered_map<EndpointId, std::unique_ptr<Lane>> lanes_;
  Resources hosts_;
  Resources tenants_;
  Resource slow_;
  Resource untried_;
  std::deque<EndpointId> turns_;           // lanes with work, in the order of their turns
  std::deque<EndpointId> doubtful_turns_;  // those that are slow, or have not been heard from
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
  std::map<RequestId, Flight> flights_;
  RequestId last_request_ = 0;
  RequestId first_young_ = 0;  // those under way before it are waiting
  std::size_t in_flight_ = 0;  // but for those that wait
  std::size_t waiting_ = 0;
  std::size_t unsettled_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t plugin_errors_ = 0;
  SteadyTime trusted_until_ = SteadyTime::max();
  bool stopped_ = false;
  bool more_ = false;             // may start at once, once it has been looked what is answered
  SteadyTime crowd_grows_at_{};   // not before then
  bool waits_for_crowd_ = false;  // somebody whose turn it is
  SteadyTime now_{};              // of the last call that said
  std::optional<SteadyTime> look_again_at_;  // a turn could not be noted: all lanes are looked at
  FromSender out_;
};

}  // namespace hookwright::engine
