// What a publish costs the thread that calls it, without waiting for anything. The baseline encodes
// the same event and pushes it onto a locked vector.
#include <atomic>
#include <mutex>
#include <thread>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"

namespace bench {
namespace {

constexpr int group = 200;  // between looks at whether the store keeps up; those cost nothing here

// By the thread's own clock, so that it doesn't matter who else runs meanwhile.
template <class Call, class Pause>
void spend(double seconds, std::atomic<double>& cpu, std::atomic<std::int64_t>& calls, Call call,
           Pause pause) {
  const double end = now_seconds() + seconds;
  double spent = 0;
  std::int64_t count = 0;
  while (now_seconds() < end) {
    pause();
    const double before = thread_cpu_seconds();
    for (int i = 0; i < group; ++i) call();
    spent += thread_cpu_seconds() - before;
    count += group;
  }
  cpu += spent;
  calls += count;
}

}  // namespace

// Arguments: subscribers=, threads=, seconds=, baseline=1. Answers ns, of CPU for one call.
void publisher(const Arguments& arguments) {
  const double seconds = number(arguments, "seconds", 1);
  const auto subscribers = static_cast<std::size_t>(number(arguments, "subscribers"));
  hookwright::Options options = options_for(arguments);
  options.transport = [](const auto&) { return make_prompt_transport(); };
  hookwright::Dispatcher dispatcher(std::move(options));
  for (std::size_t i = 0; i < subscribers; ++i) {
    const auto made = dispatcher.endpoints().create(
        "tenant", {.url = "http://127.0.0.1:9/" + std::to_string(i), .events = {"*"}});
    if (!made.ok()) std::abort();
  }
  std::atomic<double> cpu{0};
  std::atomic<std::int64_t> calls{0};
  std::mutex mutex;
  std::vector<hookwright::EncodedEvent> pushed;
  const Sent event = Sent::now();
  const bool baseline = arguments.contains("baseline");
  const auto work = [&] {
    if (baseline) {
      spend(
          seconds, cpu, calls,
          [&] {
            hookwright::EncodedEvent encoded =
                hookwright::encode(event, std::chrono::time_point_cast<hookwright::Duration>(
                                              std::chrono::system_clock::now()));
            const std::lock_guard lock(mutex);
            pushed.push_back(std::move(encoded));
          },
          [&] {
            const std::lock_guard lock(mutex);
            if (pushed.size() > 10'000) pushed.clear();
          });
    } else {
      spend(
          seconds, cpu, calls, [&] { (void)dispatcher.publish("tenant", event); },
          [&] {
            while (dispatcher.metrics().inbox_events > 8'000) sleep_seconds(0.0005);
          });
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < static_cast<int>(number(arguments, "threads", 1)); ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const double refused = static_cast<double>(dispatcher.metrics().refused);
  print({{"ns", cpu / static_cast<double>(calls) * 1e9},
         {"calls", static_cast<double>(calls)},
         {"refused", refused}});
}

void publish(const Settings& settings, Report& report) {
  std::vector<Contestant> contestants;
  const auto add = [&](const std::string& name, Arguments arguments) {
    contestants.push_back({name, [&settings, arguments]() mutable {
                             const Database database(settings);
                             arguments["file"] = database.path();
                             arguments["seconds"] = std::to_string(settings.seconds / 2);
                             return run("publisher", arguments, all_cores());
                           }});
  };
  add("encode, and push onto a locked vector", {{"baseline", "1"}});
  for (const char* subscribers : {"0", "1", "15", "100"}) {
    add(std::string(subscribers) + " subscribers", {{"subscribers", subscribers}});
  }
  for (const char* subscribers : {"0", "1"}) {
    add(std::string(subscribers) + " subscribers, 4 threads",
        {{"subscribers", subscribers}, {"threads", "4"}});
  }
  const Rounds rounds(settings, contestants);
  report.table("publish", rounds, {"ns", "calls", "refused"}, contestants.front().name);
  report.bar("publish: ns, nobody subscribed", rounds.median("0 subscribers", "ns"), Bound::at_most,
             100, 30);
  report.bar("publish: us, one subscriber", rounds.median("1 subscribers", "ns") / 1e3,
             Bound::at_most, 3, 1.5);
}

}  // namespace bench
