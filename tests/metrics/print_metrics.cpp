// Prints metrics with a known number in each place, for read_metrics.py.

#include <iostream>

#include "hookwright/prometheus.hpp"

int main() {
  hookwright::Metrics m;
  m.published = 1;
  m.nobody_listening = 2;
  m.refused = 3;
  m.stored = 4;
  m.duplicates = 5;
  m.recorded = 6;
  m.lost = 7;
  m.attempts = 8;
  m.delivered = 9;
  m.failed = 10;
  m.dead = 11;
  m.spared = 12;
  m.fenced = 13;
  m.replaced_utf8 = 14;
  m.plugin_errors = 15;
  m.reports_dropped = 16;
  m.commits = 18'446'744'073'709'551'615U;
  m.inbox_events = 18;
  m.inbox_bytes = 19;
  m.in_memory = 20;
  m.in_flight = 21;
  m.accepted = 22;
  m.cancelled = 23;
  m.trials = 24;
  for (std::size_t i = 0; i < m.attempt_duration.counts.size(); ++i)
    m.attempt_duration.counts[i] = i;
  m.attempt_duration.sum_seconds = 1234.5;
  std::cout << hookwright::prometheus_text(
      m, {{"dispatcher", "a \"quoted\" \\ back\nslash, {brace} \xC3\xBC"}, {"zone", ""}});
}
