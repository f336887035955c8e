// Commits alone, by the size of the batch: a delivery is put in one commit and settled, with an
// attempt row, in the next.
#include <stdexcept>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"

namespace bench {

// Arguments: store=, file=, batch=, seconds=. Answers rate and cpu_us of deliveries put and
// settled.
void commits(const Arguments& arguments) {
  const std::unique_ptr<hookwright::Store> store = std::move(options_for(arguments).store);
  const auto wall = [] {
    return std::chrono::time_point_cast<hookwright::Duration>(std::chrono::system_clock::now());
  };
  std::uint64_t row = store->open({}, wall()).first_row;
  hookwright::IdGenerator ids;
  const auto endpoint = ids.next<hookwright::EndpointId>(wall());
  const auto commit = [&](hookwright::Batch& batch, hookwright::TimePoint now) {
    if (!store->commit(batch, now).status.ok()) throw std::runtime_error("commit");
    store->checkpoint();
    batch.changes.clear();
  };
  hookwright::Batch batch;
  batch.changes.push_back(
      {.only_if = {},
       .writes = {hookwright::PutEndpoint{{.id = endpoint, .version = 1, .tenant = "tenant"}}}});
  commit(batch, wall());
  const std::uint64_t epoch = store->traits().shared ? store->acquire(wall(), 1).lanes.size() : 0;

  const auto size = static_cast<std::size_t>(number(arguments, "batch", 100));
  std::vector<hookwright::Delivery> waiting;
  double done = 0;
  const double cpu = cpu_seconds();
  const double start = now_seconds();
  const double end = start + number(arguments, "seconds", 1);
  while (now_seconds() < end) {
    const hookwright::TimePoint now = wall();
    std::vector<hookwright::Delivery> next;
    for (std::size_t i = 0; i < size; ++i) {
      hookwright::EncodedEvent encoded = hookwright::encode(Sent{}, now, {.ids = &ids});
      auto event = std::make_shared<const hookwright::StoredEvent>(
          hookwright::StoredEvent{.id = encoded.id,
                                  .tenant = "tenant",
                                  .type = encoded.type,
                                  .at = now,
                                  .body = std::move(encoded.body)});
      next.push_back({.id = ids.next<hookwright::DeliveryId>(now),
                      .event = event->id,
                      .endpoint = endpoint,
                      .position = {.due = now, .row = row++}});
      batch.changes.push_back(
          {.only_if = {hookwright::EventAbsent{event->id}},
           .writes = {hookwright::PutEvent{event}, hookwright::PutDelivery{next.back()}}});
    }
    for (const hookwright::Delivery& delivery : waiting) {
      const hookwright::Attempt attempt{.row = row++,
                                        .delivery = delivery.id,
                                        .event = delivery.event,
                                        .endpoint = endpoint,
                                        .number = 1,
                                        .at = now,
                                        .status = 204};
      batch.changes.push_back({.only_if = {hookwright::DeliveryAt{endpoint, delivery.position, 0}},
                               .writes = {hookwright::DropDelivery{endpoint, delivery.position},
                                          hookwright::PutAttempt{attempt}}});
    }
    commit(batch, now);
    done += static_cast<double>(waiting.size());
    waiting = std::move(next);
  }
  (void)epoch;
  print({{"rate", done / (now_seconds() - start)}, {"cpu_us", (cpu_seconds() - cpu) / done * 1e6}});
}

void store(const Settings& settings, Report& report) {
  std::vector<Contestant> contestants;
  for (const std::string kind : {"sqlite", "memory"}) {
    for (const std::string size : {"1", "10", "100", "1000"}) {
      contestants.push_back({kind + ", " + size + " a commit", [&settings, kind, size] {
                               const Database database(settings);
                               return run("commits",
                                          {{"file", database.path()},
                                           {"store", kind},
                                           {"batch", size},
                                           {"seconds", std::to_string(settings.seconds)}},
                                          sender_core());
                             }});
    }
  }
  const Rounds rounds(settings, contestants);
  report.table("store", rounds, {"rate", "cpu_us"}, "memory, 1000 a commit");
}

}  // namespace bench
