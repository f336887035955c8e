// What must hold once everything has come to rest.

#include <algorithm>
#include <string>

#include "simulation/ledger.hpp"

namespace hookwright::simulation {

void Ledger::check_told() {
  for (const auto& [key, story] : notices_) {
    if (story.told == 0 && !story.by->over && !story.by->doubtful)
      fail("I8",
           "a dispatcher lives and has not told: " + std::string(to_string(story.notice.kind)));
  }
}

void Ledger::check_quiet() {
  // I1: what was accepted has been delivered, is a dead letter, or was cancelled with its endpoint.
  for (const auto& story : deliveries_) {
    if (story->state == DeliveryStory::State::waiting)
      fail("I1", "delivery " + std::to_string(story->n) + " waits for ever");
    if (story->state != DeliveryStory::State::delivered) continue;
    const bool seen =
        std::any_of(story->flights.begin(), story->flights.end(), [](const Flight* f) {
          return f->end && f->end->fault == Fault::none && f->end->status / 100 == 2;
        });
    if (!seen) fail("I1", "delivery " + std::to_string(story->n) + " never arrived");
  }
  // What the ledger has followed is what the store holds.
  std::size_t rows = 0;
  for (const auto& [id, lane] : database_.lanes) {
    if (database_.accepts(id)) rows += lane.rows.size();
  }
  if (rows != by_row_.size()) fail("I15", "the store holds other rows than were put into it");
  for (const auto& story : deliveries_) {
    const bool dead = story->state == DeliveryStory::State::dead;
    const bool kept = database_.dead_by_id.contains(story->id);
    const bool removed = story->endpoint->now().removed;
    if (dead && !removed && !kept)
      fail("I1", "the dead letter of delivery " + std::to_string(story->n) + " is lost");
    if (!dead && kept) fail("I1", "a dead letter of delivery " + std::to_string(story->n));
    if (dead && !removed && all_back_)
      fail("I1", "delivery " + std::to_string(story->n) + " is not brought back");
  }
  // I8: every notice has been told.
  for (const auto& [key, story] : notices_) {
    if (story.told == 0)
      fail("I8", "nobody was told: " + std::string(to_string(story.notice.kind)));
  }
  // I15
  for (const auto& life : lives_) {
    if (life->unsettled != 0 || life->in_flight != 0)
      fail("I15", "requests of a dispatcher are left over");
  }
}

}  // namespace hookwright::simulation
