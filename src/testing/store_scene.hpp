#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/store.hpp"
#include "hookwright/testing/store_contract.hpp"

// What the cases of the store contract are written with.
namespace hookwright::testing::contract {

inline constexpr TimePoint start{Duration(1'700'000'000'000)};
inline constexpr Duration second{1'000};
inline constexpr Duration hour = 3'600 * second;
inline constexpr Duration lease = 15 * second;

// Throws ContractViolation, "expected <what>", unless it holds.
void expect(bool holds, std::string_view what);

// Each row came with the event it names.
void expect_events(const std::vector<Waiting>& rows);

// The same with what was found.
template <class Found, class Expected>
void expect_number(Found found, Expected expected, std::string_view what) {
  const bool same = found == static_cast<Found>(expected);
  expect(same, same ? std::string(what)
                    : std::string(what) + ": " + std::to_string(expected) + ", but found " +
                          std::to_string(found));
}
void expect_outcome(const ChangeResult& found, ChangeOutcome expected, std::string_view what);

// The only record of an answer.
template <class Record>
const Record& only(const std::vector<Record>& found, std::string_view what) {
  expect_number(found.size(), 1U, what);
  return found.front();
}

// The records are equal in every field.
bool same(const StoredEvent& a, const StoredEvent& b);
bool same(const StoredEndpoint& a, const StoredEndpoint& b);
bool same(const Delivery& a, const Delivery& b);
bool same(const Attempt& a, const Attempt& b);
bool same(const DeadLetter& a, const DeadLetter& b);
bool same(const Note& a, const Note& b);

// A worker at a store, with short ways to do what every case does.
class Scene {
 public:
  // A store on new data, opened; or the given one.
  explicit Scene(StoreUnderTest& under_test);
  Scene(std::unique_ptr<Store> store, TimePoint at, std::uint8_t worker);

  // Destroys the store without a word and opens another on the same data.
  void reopen(StoreUnderTest& under_test);

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const Opened& opened() const { return opened_; }
  [[nodiscard]] std::uint64_t next_row() { return next_row_++; }

  // Records that are not in the store yet.
  std::shared_ptr<const StoredEvent> event(std::string body = "{\"a\":1}");
  Delivery delivery(const StoredEvent& event, const EndpointId& endpoint, TimePoint due);
  Attempt attempt(const Delivery& delivery, AttemptResult result);
  DeadLetter dead_letter(const StoredEvent& event, const EndpointId& endpoint);
  template <class AnyId>
  AnyId id() {
    return ids_->next<AnyId>(now);
  }

  // Records that are in it afterwards.
  EndpointId endpoint(const std::string& tenant = "acme", std::uint8_t counts = 1);
  Delivery publish(const EndpointId& endpoint, TimePoint due, std::string body = "{\"a\":1}");
  void apply(std::vector<Write> writes);  // without conditions, and expects it to be applied

  // Each expects status ok.
  ChangeResult commit(std::vector<Precondition> only_if, std::vector<Write> writes);
  std::vector<ChangeResult> commit(const Batch& batch);
  LanePage fetch(const EndpointId& endpoint, std::size_t limit = 100, LanePosition after = {});
  Records find(const Query& query);
  Records find_all(Query query);        // every page
  void maintain(const Budget& budget);  // until there is no more to do

  TimePoint now = start;

 private:
  void open(std::uint8_t worker);

  std::unique_ptr<Store> store_;
  std::shared_ptr<IdGenerator> ids_;
  Opened opened_{};
  std::uint64_t next_row_ = 1;
};

// A question of one kind.
Query query(RecordKind kind);
Query query(RecordKind kind, const EndpointId& endpoint);

// The cases, one part a file.
std::span<const StoreCase> commit_cases();
std::span<const StoreCase> condition_cases();
std::span<const StoreCase> record_cases();
std::span<const StoreCase> fetch_cases();
std::span<const StoreCase> find_cases();
std::span<const StoreCase> history_cases();
std::span<const StoreCase> paging_cases();
std::span<const StoreCase> maintain_cases();
std::span<const StoreCase> durable_cases();
std::span<const StoreCase> shared_cases();

}  // namespace hookwright::testing::contract
