#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/store.hpp"
#include "hookwright/time.hpp"

namespace hookwright::testing {

// An event that was stored, and whom it goes to.
struct Published {
  EventId id{};
  std::string tenant{};
  std::string type{};
  std::string family{};
  TimePoint at{};
  std::string body{};  // {"event":type,"timestamp":...,"data":{...}}
  std::vector<EndpointId> endpoints{};
};

// What has been kept by the stores that share it, in the order of their commits: what a test asks
// after its code has run. Any thread; the answers are copies.
class HOOKWRIGHT_EXPORT StoreRecord {
 public:
  // Events, all or those of one type. One that nobody listens to is never stored: a test subscribes
  // an endpoint to "*" first.
  [[nodiscard]] std::vector<Published> published(std::string_view type = {}) const;

  // Attempts that have ended; deliveries that were given up.
  [[nodiscard]] std::vector<Attempt> attempts() const;
  [[nodiscard]] std::vector<DeadLetter> dead_letters() const;

  // Every change that was applied, and the transactions they came in.
  [[nodiscard]] std::vector<Change> changes() const;
  [[nodiscard]] std::size_t commits() const;

  void forget();

  // For the stores: a batch, and what became of it.
  void add(const Batch& batch, const Committed& committed);

 private:
  mutable std::mutex mutex_;
  std::vector<Change> changes_;
  std::size_t commits_ = 0;
};

// A store that remembers what the one inside it has kept, and is otherwise just that one. Around a
// FaultyStore it records what that admits to; inside, what was really kept.
class HOOKWRIGHT_EXPORT RecordingStore final : public Store {
 public:
  RecordingStore(std::unique_ptr<Store> inner, std::shared_ptr<StoreRecord> record);
  ~RecordingStore() override;

  Opened open(const Worker& worker, TimePoint now) override;
  Committed commit(const Batch& batch, TimePoint now) override;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override;
  Records find(const Query& query) override;
  [[nodiscard]] StoreTraits traits() const override;
  Grants acquire(TimePoint now, std::size_t max) override;
  Beat heartbeat(TimePoint now) override;
  void checkpoint() override;
  bool maintain(TimePoint now, const Budget& budget) override;

 private:
  std::unique_ptr<Store> inner_;
  std::shared_ptr<StoreRecord> record_;
};

}  // namespace hookwright::testing
