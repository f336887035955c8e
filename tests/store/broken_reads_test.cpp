// Stores with a mistake in how lanes are read or questions answered.

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

#include "catch2.hpp"
#include "store/broken_store.hpp"

using namespace broken;
using Catch::Matchers::ContainsSubstring;

namespace {

struct NeverMore final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.more = false; }
};

struct AlwaysMore final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.more = page.more || !page.rows.empty(); }
};

struct NoNextDue final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.next_due.reset(); }
};

struct InOrderOfRows final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override {
    std::ranges::sort(page.rows, {}, [](const Waiting& row) { return row.delivery.position.row; });
  }
};

struct NewestFirstAmongEqual final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override {
    std::ranges::sort(page.rows, {}, [](const Waiting& row) {
      return std::pair(row.delivery.position.due, ~row.delivery.position.row);
    });
  }
};

struct EarlyByAMoment final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return Honest::fetch(cursors, now + Duration(1));
  }
};

struct LateByAMoment final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return Honest::fetch(cursors, now - Duration(1));
  }
};

struct CursorsByDueTime final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    std::vector<LaneCursor> changed(cursors.begin(), cursors.end());
    for (LaneCursor& cursor : changed) {
      if (cursor.after.row != 0) cursor.after.row = ~std::uint64_t{0} >> 1U;
    }
    return Honest::fetch(changed, now);
  }
};

struct PagesSortedByEndpoint final : Paging {
  using Paging::Paging;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages = Honest::fetch(cursors, now);
    std::ranges::sort(pages.lanes, {}, &LanePage::endpoint);
    return pages;
  }
  void spoil(LanePage& /*page*/) override {}
};

// --- Questions

class Answering : public Honest {
 public:
  using Honest::Honest;
  Records find(const Query& query) override {
    Records answer = Honest::find(query);
    spoil(query, answer);
    return answer;
  }
  virtual void spoil(const Query& query, Records& answer) = 0;
};

struct SkipsTheFirstOfAPage final : Answering {
  using Answering::Answering;
  void spoil(const Query& query, Records& answer) override {
    if (query.after.empty()) return;
    if (!answer.notes.empty()) answer.notes.erase(answer.notes.begin());
  }
};

struct OldestFirst final : Answering {
  using Answering::Answering;
  void spoil(const Query& /*query*/, Records& answer) override {
    std::ranges::reverse(answer.attempts);
  }
};

struct KnowsNoTenants final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query wider = query;
    wider.tenant.clear();
    return Honest::find(wider);
  }
};

struct PagesByOffset final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    if (query.kind != RecordKind::attempts) return Honest::find(query);
    std::size_t offset = 0;
    if (!query.after.empty()) {
      if (query.after.size() > 6 || query.after.front() != '#') return {};
      offset = std::stoul(query.after.substr(1));
    }
    Query whole = query;
    whole.after.clear();
    whole.limit = 1'000;
    Records answer = Honest::find(whole);
    const std::size_t end = std::min(answer.attempts.size(), offset + query.limit);
    if (end < answer.attempts.size()) answer.next = "#" + std::to_string(end);
    answer.attempts = std::vector<Attempt>(
        answer.attempts.begin() + static_cast<std::ptrdiff_t>(std::min(offset, end)),
        answer.attempts.begin() + static_cast<std::ptrdiff_t>(end));
    return answer;
  }
};

struct StrangeCursorsStartOver final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Records answer = Honest::find(query);
    if (query.after.empty() || !answer.next.empty()) return answer;
    Query anew = query;
    anew.after.clear();
    return query.after.size() < 3 ? Honest::find(anew) : answer;
  }
};

struct IgnoresUnknownFilters final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query fewer = query;
    if (query.kind == RecordKind::attempts || query.kind == RecordKind::waiting) {
      fewer.tenant.clear();
    }
    return Honest::find(fewer);
  }
};

struct ShowsDeletedLanes final : Answering {
  using Answering::Answering;
  Committed commit(const Batch& batch, TimePoint now) override {
    for (const Change& change : batch.changes) {
      for (const Write& write : change.writes) {
        const auto* put = std::get_if<PutEndpoint>(&write);
        if (put != nullptr && put->endpoint.deleted) deleted_.insert(put->endpoint.id);
      }
    }
    return Honest::commit(batch, now);
  }
  void spoil(const Query& query, Records& answer) override {
    if (query.kind != RecordKind::lanes) return;
    for (const EndpointId& id : deleted_) answer.lanes.push_back({id, {}});
  }

 private:
  std::set<EndpointId> deleted_{};
};

// Leaves a filter out of the question.
template <int filter>
struct Overlooks final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query wider = query;
    if (filter == 0) wider.type.clear();
    if (filter == 1) wider.since.reset();
    if (filter == 2) wider.until.reset();
    if (filter == 3 && query.event) wider.tenant.clear();
    return Honest::find(wider);
  }
};

struct UntilIncluded final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query wider = query;
    if (wider.until) *wider.until += Duration(1);
    return Honest::find(wider);
  }
};

struct NoLastAttempts final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query less = query;
    less.last_attempts = false;
    return Honest::find(less);
  }
};

struct CountsNoRows final : Answering {
  using Answering::Answering;
  void spoil(const Query& /*query*/, Records& answer) override {
    for (LaneDue& lane : answer.lanes) lane.rows = 0;
  }
};

// Looks at no more than so many attempts, whatever is asked for.
struct WalksThroughDeliveries final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    if (query.kind != RecordKind::attempts || !query.result || query.delivery)
      return Honest::find(query);
    Query wider = query;
    wider.result.reset();
    wider.limit = 1'000;
    Records answer = Honest::find(wider);
    std::erase_if(answer.attempts, [&](const Attempt& one) { return one.result != *query.result; });
    return answer;
  }
};

struct EventsNewestFirst final : Answering {
  using Answering::Answering;
  void spoil(const Query& /*query*/, Records& answer) override {
    std::ranges::reverse(answer.events);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the suite catches a store that reads wrongly:", "", NeverMore, AlwaysMore,
                   NoNextDue, InOrderOfRows, NewestFirstAmongEqual, EarlyByAMoment, LateByAMoment,
                   CursorsByDueTime, PagesSortedByEndpoint, SkipsTheFirstOfAPage, OldestFirst,
                   KnowsNoTenants, PagesByOffset, StrangeCursorsStartOver, IgnoresUnknownFilters,
                   ShowsDeletedLanes, Overlooks<0>, Overlooks<1>, Overlooks<2>, Overlooks<3>,
                   UntilIncluded, NoLastAttempts, CountsNoRows, WalksThroughDeliveries,
                   EventsNewestFirst) {
  Broken<MemoryUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken);
  INFO(violation);
  CHECK_THAT(violation, ContainsSubstring("expected "));
}
