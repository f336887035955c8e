// The dispatcher's own numbers, and their text.

#include <string>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/prometheus.hpp"

using namespace dispatcher_test;

TEST_CASE("attempts and deliveries are timed") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  int asked = 0;
  world.net->answer("a.example.com", [&asked](const Arrival&) {
    return ++asked == 1 ? SimulatedAnswer{.status = 500, .latency = 2s}
                        : SimulatedAnswer{.status = 200, .latency = 40ms};
  });
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1h);
  const Metrics metrics = dispatcher.metrics();
  CHECK(metrics.attempt_duration.count() == 2);
  CHECK(metrics.attempt_duration.counts[3] == 1);  // up to 50 ms
  CHECK(metrics.attempt_duration.counts[8] == 1);  // up to 2.5 s
  CHECK(metrics.attempt_duration.sum_seconds > 2.03);
  CHECK(metrics.attempt_duration.sum_seconds < 2.05);
  CHECK(metrics.delivery_latency.count() == 1);  // 2 s, a minute, 40 ms
  CHECK(metrics.delivery_latency.counts[13] == 1);
  CHECK(metrics.delivery_latency.sum_seconds > 62.03);
  CHECK(metrics.delivery_latency.sum_seconds < 63.0);
  CHECK(metrics.inbox_bytes == 0);
  CHECK(metrics.attempts == metrics.delivered + metrics.failed + metrics.dead + metrics.spared);
}

TEST_CASE("what waits to be stored is told in events and bytes") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  dispatcher.publish("acme", Numbered{.n = 1, .text = std::string(1'000, 'x')});
  CHECK(dispatcher.metrics().inbox_events == 1);
  CHECK(dispatcher.metrics().inbox_bytes > 1'000);
  world.run(dispatcher, 1s);
  CHECK(dispatcher.metrics().inbox_events == 0);
  CHECK(dispatcher.metrics().inbox_bytes == 0);
}

TEST_CASE("a histogram's text is cumulative, with its sum and count") {
  Metrics metrics;
  metrics.published = 17;
  metrics.attempt_duration.counts[0] = 2;
  metrics.attempt_duration.counts[2] = 3;
  metrics.attempt_duration.counts.back() = 1;
  metrics.attempt_duration.sum_seconds = 0.125;
  const std::string text = prometheus_text(metrics);
  for (const std::string line :
       {"# HELP hookwright_events_published_total Events queued.\n",
        "# TYPE hookwright_events_published_total counter\nhookwright_events_published_total 17\n",
        "# TYPE hookwright_attempt_duration_seconds histogram\n"
        "hookwright_attempt_duration_seconds_bucket{le=\"0.005\"} 2\n"
        "hookwright_attempt_duration_seconds_bucket{le=\"0.01\"} 2\n"
        "hookwright_attempt_duration_seconds_bucket{le=\"0.025\"} 5\n",
        "hookwright_attempt_duration_seconds_bucket{le=\"+Inf\"} 6\n"
        "hookwright_attempt_duration_seconds_sum 0.125\n"
        "hookwright_attempt_duration_seconds_count 6\n"}) {
    CHECK_THAT(text, Catch::Matchers::Contains(line));
  }
  CHECK(text.back() == '\n');
}

TEST_CASE("labels stand on every sample, escaped") {
  const std::string text = prometheus_text({}, {{"a", "x\"y\\z\n"}, {"b_2", ""}});
  CHECK_THAT(text, Catch::Matchers::Contains(
                       "hookwright_attempts_total{a=\"x\\\"y\\\\z\\n\",b_2=\"\"} 0\n"));
  CHECK_THAT(text, Catch::Matchers::Contains("{a=\"x\\\"y\\\\z\\n\",b_2=\"\",le=\"+Inf\"} 0\n"));
  for (const std::string name : {"", "le", "__a", "1a", "a-b", "a b", "\xC3\xBC"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(prometheus_text({}, {{name, "x"}}), ConfigError);
  }
}
