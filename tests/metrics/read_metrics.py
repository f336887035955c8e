"""Reads what prometheus_text() writes with Prometheus' own parser.

Usage: python3 read_metrics.py <print_metrics>
"""

import math
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

LABELS = {"dispatcher": 'a "quoted" \\ back\nslash, {brace} \u00fc', "zone": ""}
COUNTERS = {
    "events_published": 1, "events_nobody_listening": 2, "events_refused": 3, "events_stored": 4,
    "events_duplicate": 5, "events_recorded": 6, "events_lost": 7, "attempts": 8, "deliveries_delivered": 9,
    "attempts_failed": 10, "deliveries_dead": 11, "attempts_spared": 12, "outcomes_fenced": 13, "replaced_utf8": 14,
    "plugin_errors": 15, "reports_dropped": 16, "store_commits": float(2**64 - 1), "deliveries_accepted": 22,
    "deliveries_cancelled": 23, "trials": 24,
}
GAUGES = {"inbox_events": 18, "inbox_bytes": 19, "lane_deliveries": 20, "requests_in_flight": 21}


def main() -> int:
    text = subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout.decode()
    families = {}
    for family in text_string_to_metric_families(text):
        assert family.name not in families, family.name
        assert family.documentation, family.name
        families[family.name] = family
    for name, value in COUNTERS.items():
        family = families.pop("hookwright_" + name)
        assert family.type == "counter", name
        [sample] = family.samples
        assert sample.name == f"hookwright_{name}_total" and sample.labels == LABELS, sample
        assert sample.value == value, sample
    for name, value in GAUGES.items():
        family = families.pop("hookwright_" + name)
        assert family.type == "gauge", name
        [sample] = family.samples
        assert sample.labels == LABELS and sample.value == value, sample
    for name, count, total in (("attempt_duration", 171, 1234.5), ("delivery_latency", 0, 0)):
        family = families.pop(f"hookwright_{name}_seconds")
        assert family.type == "histogram", name
        buckets = [s for s in family.samples if s.name.endswith("_bucket")]
        bounds = [float(s.labels["le"]) for s in buckets]
        assert bounds == sorted(set(bounds)) and bounds[-1] == math.inf, bounds
        values = [s.value for s in buckets]
        assert values == sorted(values) and values[-1] == count, values
        for sample in family.samples:
            assert {k: v for k, v in sample.labels.items() if k != "le"} == LABELS, sample
        [counted] = [s.value for s in family.samples if s.name.endswith("_count")]
        [summed] = [s.value for s in family.samples if s.name.endswith("_sum")]
        assert (counted, summed) == (count, total), (counted, summed)
    assert not families, list(families)
    print(f"{len(COUNTERS)} counters, {len(GAUGES)} gauges and 2 histograms read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
