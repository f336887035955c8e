#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/catalog.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"

using Catch::Matchers::ContainsSubstring;
using hookwright::Catalog;
using hookwright::CatalogEntry;
using hookwright::CatalogField;
using hookwright::ConfigError;
using hookwright::DynamicEvent;
using hookwright::EncodedEvent;
using hookwright::TimePoint;
namespace hypersnap = hookwright::hypersnap;
namespace snapglyph = hookwright::snapglyph;
namespace snipy = hookwright::snipy;

namespace {

using Types = std::vector<std::string>;

struct Line {
  std::string name{};
  std::optional<double> weight{};
  std::vector<Line> parts{};
  void fields(auto& f) const {
    f("name", name);
    f("weight", weight);
    f("parts", parts);
  }
};

struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  static constexpr std::string_view event_description = "An order was paid in full.";
  std::int64_t id = 0;
  bool gift = false;
  TimePoint paid_at{};
  std::optional<std::string> note{};
  std::vector<Line> lines{};
  std::map<std::string, std::vector<int>> labels{};
  void fields(auto& f) const {
    f("id", hookwright::as_string(id));
    f("gift", gift);
    f("paidAt", paid_at);
    f("note", hookwright::or_null(note));
    f("lines", lines);
    f("labels", labels);
  }
  static OrderPaid sample() { return {.id = 9007199254740993, .gift = true}; }
};

struct Ping {
  static constexpr std::string_view event_type = "ping";
  double value = 0;
  void fields(auto& f) const { f("value", value); }
};

struct BadSample : Ping {
  static constexpr std::string_view event_type = "bad";
  static BadSample sample() {
    BadSample bad;
    bad.value = std::numeric_limits<double>::infinity();
    return bad;
  }
};

std::string error_of(void (*action)()) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

Catalog all() {
  return snipy::catalog().join(snapglyph::catalog()).join(hypersnap::catalog());
}

}  // namespace

TEST_CASE("the three families in full", "[event]") {
  CHECK(hypersnap::catalog().types() == Types{"campaign.threshold.met",
                                              "domain.verification.complete",
                                              "link.click.converted", "link.click.registered"});
  CHECK(snapglyph::catalog().types() ==
        Types{"qr.created", "qr.deleted", "qr.scanned", "qr.updated"});
  CHECK(snipy::catalog().types() ==
        Types{"bio.updated", "bio.viewed", "link.clicked", "link.created", "link.expired",
              "link.updated", "plan.upgraded", "product.created", "product.purchased", "qr.created",
              "qr.scanned", "subscriber.added", "tip.received", "verification.approved"});
}

TEST_CASE("a type of two families is two events", "[event]") {
  const Catalog catalog = all();
  CHECK(catalog.entries().size() == 22);
  const CatalogEntry* const of_snipy = catalog.find("snipy", "qr.scanned");
  const CatalogEntry* const of_snapglyph = catalog.find("snapglyph", "qr.scanned");
  REQUIRE(of_snipy != nullptr);
  REQUIRE(of_snapglyph != nullptr);
  CHECK(of_snipy->sample_data() ==
        R"({"qrId":78,"linkId":456,"country":"US","browser":"Safari","platform":"iOS"})");
  CHECK_THAT(of_snapglyph->sample_data(), ContainsSubstring("qr_abc123"));
  CHECK(catalog.find("hypersnap", "qr.scanned") == nullptr);
  CHECK(catalog.find("", "qr.scanned") == nullptr);
  CHECK(catalog.contains("qr.scanned"));
  CHECK_FALSE(catalog.contains("qr.lost"));
  CHECK(catalog.types().size() == 20);  // qr.scanned and qr.created once each
}

TEST_CASE("an endpoint of a family is offered that family's types and those without one",
          "[event]") {
  Catalog catalog = all();
  catalog.add<Ping>();
  CHECK(catalog.types("snapglyph") ==
        Types{"ping", "qr.created", "qr.deleted", "qr.scanned", "qr.updated"});
  CHECK(catalog.types("unheard-of") == Types{"ping"});
  CHECK(catalog.types().size() == 21);
}

TEST_CASE("every entry makes a whole test event, at a time of the caller's", "[event]") {
  constexpr TimePoint at{std::chrono::seconds(1772625600)};
  for (const CatalogEntry& entry : all().entries()) {
    const EncodedEvent event = entry.sample(at);
    INFO(entry.type());
    CHECK(event.ok());
    CHECK(event.id);
    CHECK(event.type == entry.type());
    CHECK(event.family == entry.family());
    CHECK(event.at == at);
    CHECK(event.body == R"({"event":")" + entry.type() +
                            R"(","timestamp":"2026-03-04T12:00:00Z","data":)" +
                            entry.sample_data() + "}");
    CHECK(hookwright::is_canonical_json(event.body));
    CHECK_FALSE(entry.description().empty());
  }
  const Catalog catalog = all();
  CHECK(catalog.find("snipy", "tip.received")->sample(TimePoint::max()).refusal ==
        "timestamp: a time outside the years 0000 to 9999");
}

TEST_CASE("fields are listed with their types, into structs, arrays and maps", "[event]") {
  const Catalog catalog = Catalog::of<OrderPaid, Ping>();
  const CatalogEntry* const entry = catalog.find("", "order.paid");
  REQUIRE(entry != nullptr);
  CHECK(entry->description() == "An order was paid in full.");
  CHECK(entry->sample_data() ==
        R"({"id":"9007199254740993","gift":true,"paidAt":"1970-01-01T00:00:00Z","note":null,)"
        R"("lines":[],"labels":{}})");
  std::vector<std::string> fields;
  for (const CatalogField& field : entry->fields())
    fields.push_back(field.name + (field.optional ? "?: " : ": ") + field.type);
  CHECK(fields == std::vector<std::string>{
                      "id: string", "gift: boolean", "paidAt: timestamp", "note?: string",
                      "lines: array of object", "lines[].name: string", "lines[].weight?: number",
                      "lines[].parts: array of object", "labels: map of array of integer"});
}

TEST_CASE("a dynamic event enters a catalogue with its sample", "[event]") {
  Catalog catalog;
  catalog.add(DynamicEvent{.type = "order.paid", .data = R"({ "total": 19.90 })"}, "Paid.");
  const CatalogEntry* const entry = catalog.find("", "order.paid");
  REQUIRE(entry != nullptr);
  CHECK(entry->sample_data() == R"({"total":19.9})");
  CHECK(entry->description() == "Paid.");
  CHECK(entry->fields().empty());
}

TEST_CASE("mistakes in a catalogue are said at once", "[event]") {
  CHECK_THAT(error_of([] { static_cast<void>(Catalog::of<Ping, Ping>()); }),
             ContainsSubstring("catalog: holds an event type once") && ContainsSubstring("ping"));
  CHECK_THAT(error_of([] { snipy::catalog().join(snipy::catalog()); }),
             ContainsSubstring("bio.updated of snipy"));
  CHECK_THAT(error_of([] { static_cast<void>(Catalog::of<BadSample>()); }),
             ContainsSubstring("data.value: infinity cannot be written as JSON") &&
                 ContainsSubstring("bad"));
  CHECK_THAT(error_of([] { Catalog().add(DynamicEvent{.type = "a b", .data = "{}"}); }),
             ContainsSubstring("not an event type"));
  CHECK_THAT(error_of([] { Catalog().add(DynamicEvent{.type = "a", .data = "[]"}); }),
             ContainsSubstring("not a JSON object"));
}

TEST_CASE("a catalogue that refused an entry is as it was", "[event]") {
  Catalog catalog = snapglyph::catalog();
  CHECK_THROWS_AS(catalog.join(snapglyph::catalog()), ConfigError);
  CHECK_THROWS_AS(catalog.add<snapglyph::QrScanned>(), ConfigError);
  CHECK(catalog.entries().size() == 4);
}
