// Stores with a mistake in what a commit does.

#include <algorithm>
#include <variant>
#include <vector>

#include "catch2.hpp"
#include "store/broken_store.hpp"

using namespace broken;
using Catch::Matchers::ContainsSubstring;

namespace {

struct ForgetsConditions final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override { change.only_if.clear(); }
};

template <class Condition>
struct Forgets final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    std::erase_if(change.only_if,
                  [](const Precondition& one) { return std::holds_alternative<Condition>(one); });
  }
};

struct CountsOneTooMany final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Precondition& one : change.only_if) {
      if (auto* below = std::get_if<TenantCountBelow>(&one)) ++below->n;
    }
  }
};

struct CountsForEveryLimit final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Precondition& one : change.only_if) {
      if (auto* below = std::get_if<TenantCountBelow>(&one)) below->limit = 1;
    }
  }
};

struct NotesNeverExpire final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutNote>(&write)) put->note.expires = {};
    }
  }
};

struct BodiesEndAtNul final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      auto* put = std::get_if<PutEvent>(&write);
      if (put == nullptr || !put->event) continue;
      StoredEvent cut = *put->event;
      cut.body = cut.body.substr(0, cut.body.find('\0'));
      put->event = std::make_shared<const StoredEvent>(std::move(cut));
    }
  }
};

struct BodiesAreCut final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      auto* put = std::get_if<PutEvent>(&write);
      if (put == nullptr || !put->event) continue;
      StoredEvent cut = *put->event;
      cut.body.resize(std::min<std::size_t>(cut.body.size(), 65'535));
      put->event = std::make_shared<const StoredEvent>(std::move(cut));
    }
  }
};

struct AttemptsAreBytes final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutDelivery>(&write)) put->delivery.attempts &= 0xFFU;
    }
  }
};

struct ForgetsExpiries final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutDelivery>(&write)) put->delivery.expires = {};
    }
  }
};

struct ForgetsAttemptsMax final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutDelivery>(&write)) put->delivery.attempts_max = 0;
    }
  }
};

struct ForgetsPurposes final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutAttempt>(&write)) put->attempt.purpose = Purpose::delivery;
    }
  }
};

struct ForgetsTypes final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutAttempt>(&write)) put->attempt.type.clear();
    }
  }
};

struct ForgetsHolds final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* release = std::get_if<ReleaseLane>(&write)) release->hold = {};
    }
  }
};

// Takes each write for a change of its own.
struct NotAtomic final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed all;
    for (const Change& change : batch.changes) {
      ChangeResult first;
      for (std::size_t i = 0; i < std::max<std::size_t>(change.writes.size(), 1); ++i) {
        Change part;
        if (i == 0) part.only_if = change.only_if;
        if (i < change.writes.size()) part.writes = {change.writes[i]};
        Batch one;
        one.changes.push_back(part);
        const ChangeResult result = inner().commit(one, now).results.at(0);
        if (first.outcome == ChangeOutcome::applied) first = result;
        if (i == 0 && result.outcome != ChangeOutcome::applied) break;
      }
      all.results.push_back(first);
    }
    return all;
  }
};

struct ConditionsOfTheWholeBatchFirst final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Batch conditions = batch;
    for (Change& change : conditions.changes) change.writes.clear();
    Committed answer = Honest::commit(conditions, now);
    Batch writes;
    for (std::size_t i = 0; i < batch.changes.size(); ++i) {
      if (answer.results.at(i).outcome != ChangeOutcome::applied) continue;
      writes.changes.push_back({{}, batch.changes[i].writes});
    }
    static_cast<void>(Honest::commit(writes, now));
    return answer;
  }
};

struct NamesTheLastCondition final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    for (std::size_t i = 0; i < answer.results.size(); ++i) {
      if (answer.results[i].outcome != ChangeOutcome::applied) {
        answer.results[i].precondition = batch.changes[i].only_if.size() - 1;
      }
    }
    return answer;
  }
};

struct SaysAppliedOfTheUnstorable final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    for (ChangeResult& result : answer.results) {
      if (result.outcome == ChangeOutcome::unstorable) result = {};
    }
    return answer;
  }
};

struct ForgetsResults final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    if (answer.results.size() > 1'000) answer.results.resize(1'000);
    return answer;
  }
};

}  // namespace

TEST_CASE("the suite passes a store that only passes calls on") {
  Broken<MemoryUnderTest> honest(wrap_in<Honest>);
  CHECK(caught(honest) == "");
}

TEMPLATE_TEST_CASE("the suite catches a store that commits wrongly:", "", ForgetsConditions,
                   Forgets<EndpointAt>, Forgets<EventAbsent>, Forgets<NoteAt>, Forgets<DeliveryAt>,
                   Forgets<TenantCountBelow>, Forgets<LaneHeld>, CountsOneTooMany,
                   CountsForEveryLimit, NotesNeverExpire, BodiesEndAtNul, BodiesAreCut,
                   AttemptsAreBytes, ForgetsExpiries, ForgetsAttemptsMax, ForgetsPurposes,
                   ForgetsTypes, ForgetsHolds, NotAtomic, ConditionsOfTheWholeBatchFirst,
                   NamesTheLastCondition, SaysAppliedOfTheUnstorable, ForgetsResults) {
  Broken<MemoryUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken);
  INFO(violation);
  CHECK_THAT(violation, ContainsSubstring("expected "));
}
