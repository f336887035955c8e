#include <charconv>
#include <functional>
#include <stdexcept>

#include "crash/ledger.hpp"
#include "engine/settlement.hpp"
#include "hookwright/sealing.hpp"
#include "model/codec.hpp"

namespace hookwright::crash {
namespace {

std::int64_t number_in(const std::string& body) {
  const std::size_t at = body.find("\"n\":");
  if (at == std::string::npos) return -1;
  std::int64_t n = -1;
  std::from_chars(body.data() + at + 4, body.data() + body.size(), n);
  return n;
}

void all_pages(Store& store, Query query, const std::function<void(const Records&)>& take) {
  query.limit = 1'000;
  do {
    const Records page = store.find(query);
    if (!page.status.ok())
      throw std::runtime_error("the store can't be read: " + page.status.detail);
    take(page);
    query.after = page.next;
  } while (!query.after.empty());
}

}  // namespace

Contents read(Store& store) {
  Contents found;
  all_pages(store, {.kind = RecordKind::endpoints}, [&](const Records& page) {
    for (const StoredEndpoint& stored : page.endpoints) {
      const auto endpoint = model::to_endpoint(stored, Sealing::none());
      if (!endpoint) throw std::runtime_error("an endpoint can't be read");
      found.endpoints[std::stoi(endpoint->uid.substr(1))] = *endpoint;
    }
  });
  for (const auto& [number, endpoint] : found.endpoints) {
    all_pages(store, {.kind = RecordKind::waiting, .endpoint = endpoint.id},
              [&, at = number](const Records& page) {
                for (const Waiting& row : page.waiting) {
                  ++found.waiting[row.delivery.id.text()];
                  found.what[row.delivery.id.text()] = {number_in(row.event->body), at};
                }
              });
    all_pages(
        store, {.kind = RecordKind::attempts, .endpoint = endpoint.id}, [&](const Records& page) {
          for (const Attempt& attempt : page.attempts) {
            Contents::Tried& tried = found.attempts[attempt.delivery.text()];
            ++tried.attempts;
            if (attempt.result == AttemptResult::delivered) ++tried.delivered;
            if (attempt.result == AttemptResult::exhausted || attempt.result == AttemptResult::gone)
              ++tried.died;
          }
        });
    all_pages(store, {.kind = RecordKind::dead_letters, .endpoint = endpoint.id},
              [&, at = number](const Records& page) {
                for (const DeadLetter& letter : page.dead_letters) {
                  found.what[letter.id.text()] = {number_in(letter.event.body), at};
                  found.dead.emplace(letter.id.text(), letter);
                }
              });
  }
  all_pages(store, {.kind = RecordKind::notes, .key_prefix = std::string(engine::notice_prefix)},
            [&](const Records& page) {
              for (const Note& note : page.notes) {
                const auto notice = model::to_notice(note.value);
                if (!notice) throw std::runtime_error("a notice can't be read");
                found.notices.push_back(*notice);
              }
            });
  return found;
}

}  // namespace hookwright::crash
