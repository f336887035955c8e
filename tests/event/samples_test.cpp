#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"

namespace hypersnap = hookwright::hypersnap;
namespace snapglyph = hookwright::snapglyph;
namespace snipy = hookwright::snipy;
using hookwright::encode;
using hookwright::EncodedEvent;
using hookwright::TimePoint;

namespace {

struct Example {
  EncodedEvent sample;
  std::string_view family;
  std::string_view body;  // the seed's, minified by JSON.stringify(JSON.parse(example))
};

std::vector<Example> seed_examples() {
  return {
      // clang-format off
      {hypersnap::LinkClickRegistered::sample_event(), "hypersnap",
       R"({"event":"link.click.registered","timestamp":"2024-06-15T08:32:11Z",)"
       R"("data":{"short_url":"https://hs.app/cx92m",)"
       R"("destination":"https://acme-corp.io/summer-sale",)"
       R"-("user_agent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",)-"
       R"("ip_hash":"a1b2c3d4e5f6","geo":{"country":"US","city":"Denver"},)"
       R"("referrer":"https://twitter.com/"}})"},
      {snipy::LinkCreated::sample_event(), "snipy",
       R"({"event":"link.created","timestamp":"2026-03-04T12:00:00Z","data":{"id":456,)"
       R"("alias":"my-link","shorturl":"https://snipy.to/my-link",)"
       R"("longurl":"https://example.com/page","userId":42}})"},
      {snipy::LinkClicked::sample_event(), "snipy",
       R"({"event":"link.clicked","timestamp":"2026-03-04T12:05:00Z",)"
       R"("data":{"linkId":456,"alias":"my-link","country":"US",)"
       R"("city":"San Francisco","browser":"Chrome","platform":"macOS",)"
       R"("referrer":"twitter.com","ip":"203.0.113.1"}})"},
      {snipy::LinkUpdated::sample_event(), "snipy",
       R"({"event":"link.updated","timestamp":"2026-03-04T14:00:00Z","data":{"id":456,)"
       R"("alias":"my-link","changes":["longurl","password"],"userId":42}})"},
      {snipy::LinkExpired::sample_event(), "snipy",
       R"({"event":"link.expired","timestamp":"2026-03-05T00:00:00Z","data":{"id":456,)"
       R"("alias":"my-link","reason":"max_clicks","totalClicks":100}})"},
      {snipy::QrCreated::sample_event(), "snipy",
       R"({"event":"qr.created","timestamp":"2026-03-04T12:10:00Z","data":{"id":78,)"
       R"("name":"Product QR","linkedUrl":"https://snipy.to/product","userId":42}})"},
      {snipy::QrScanned::sample_event(), "snipy",
       R"({"event":"qr.scanned","timestamp":"2026-03-04T13:00:00Z","data":{"qrId":78,)"
       R"("linkId":456,"country":"US","browser":"Safari","platform":"iOS"}})"},
      {snipy::BioViewed::sample_event(), "snipy",
       R"({"event":"bio.viewed","timestamp":"2026-03-04T15:00:00Z","data":{"bioId":12,)"
       R"("slug":"johndoe","country":"GB","referrer":"google.com"}})"},
      {snipy::BioUpdated::sample_event(), "snipy",
       R"({"event":"bio.updated","timestamp":"2026-03-04T16:00:00Z",)"
       R"("data":{"bioId":12,"slug":"johndoe","changes":["blocks","theme"],)"
       R"("userId":42}})"},
      {snipy::SubscriberAdded::sample_event(), "snipy",
       R"({"event":"subscriber.added","timestamp":"2026-03-04T17:00:00Z",)"
       R"("data":{"bioId":12,"email":"fan@example.com","source":"newsletter_block"}})"},
      {snipy::PlanUpgraded::sample_event(), "snipy",
       R"({"event":"plan.upgraded","timestamp":"2026-03-04T10:00:00Z",)"
       R"("data":{"userId":42,"previousPlan":"Starter","newPlan":"Pro",)"
       R"("billingCycle":"monthly"}})"},
      {snipy::ProductCreated::sample_event(), "snipy",
       R"({"event":"product.created","timestamp":"2026-03-04T11:00:00Z",)"
       R"("data":{"productId":99,"name":"Social Media Template Pack","price":1999,)"
       R"("currency":"usd","userId":42}})"},
      {snipy::ProductPurchased::sample_event(), "snipy",
       R"({"event":"product.purchased","timestamp":"2026-03-04T18:00:00Z",)"
       R"("data":{"productId":99,"buyerEmail":"buyer@example.com","price":1999,)"
       R"("currency":"usd","sellerId":42}})"},
      {snipy::TipReceived::sample_event(), "snipy",
       R"({"event":"tip.received","timestamp":"2026-03-04T19:00:00Z",)"
       R"("data":{"bioId":12,"amount":500,"currency":"usd","tipper":"Anonymous",)"
       R"("message":"Great content!"}})"},
      {snipy::VerificationApproved::sample_event(), "snipy",
       R"({"event":"verification.approved","timestamp":"2026-03-04T09:00:00Z",)"
       R"("data":{"userId":42,"verificationType":"identity",)"
       R"("verifiedAt":"2026-03-04T09:00:00Z"}})"},
      {snapglyph::QrScanned::sample_event(), "snapglyph",
       R"({"event":"qr.scanned","timestamp":"2024-01-15T10:30:00Z",)"
       R"("data":{"qrCodeId":"qr_abc123","qrCodeName":"Product Page",)"
       R"("destinationUrl":"https://example.com/product",)"
       R"("scan":{"timestamp":"2024-01-15T10:30:00Z","country":"US",)"
       R"("region":"California","deviceType":"mobile","os":"iOS","browser":"Safari"}}})"},
      {snapglyph::QrCreated::sample_event(), "snapglyph",
       R"({"event":"qr.created","timestamp":"2024-01-15T10:30:00Z",)"
       R"("data":{"id":"qr_abc123","name":"Product Page",)"
       R"("url":"https://example.com/product","tracking":true,)"
       R"("createdAt":"2024-01-15T10:30:00Z"}})"},
      // clang-format on
  };
}

}  // namespace

TEST_CASE("every example of the seeds is a sample, byte for byte", "[event]") {
  const std::vector<Example> examples = seed_examples();
  CHECK(examples.size() == 17);  // HyperSnap shows 1 body of 4, Snipy 14 of 14, SnapGlyph 2 of 4
  for (const Example& example : examples) {
    INFO(example.sample.type);
    CHECK(example.sample.refusal.empty());
    CHECK(example.sample.body == example.body);
    CHECK(example.sample.family == example.family);
    CHECK(hookwright::is_canonical_json(example.body));
  }
}

TEST_CASE("sample() is the example's data, whatever the time", "[event]") {
  const EncodedEvent event = encode(snipy::LinkExpired::sample(), TimePoint{});
  CHECK(event.body ==
        R"({"event":"link.expired","timestamp":"1970-01-01T00:00:00Z",)"
        R"("data":{"id":456,"alias":"my-link","reason":"max_clicks","totalClicks":100}})");
}

TEST_CASE("the events that the seeds only name have the fields that are ours", "[event]") {
  CHECK(hypersnap::LinkClickConverted::sample_event().body ==
        R"({"event":"link.click.converted","timestamp":"2024-06-15T08:32:11Z",)"
        R"("data":{"short_url":"https://hs.app/cx92m",)"
        R"("destination":"https://acme-corp.io/summer-sale","converted_by":"utm",)"
        R"("utm":{"source":"twitter","medium":"social","campaign":"summer-sale"},)"
        R"("ip_hash":"a1b2c3d4e5f6","clicked_at":"2024-06-15T08:32:11Z"}})");
  CHECK(hypersnap::DomainVerificationComplete::sample_event().body ==
        R"({"event":"domain.verification.complete","timestamp":"2024-06-15T08:32:11Z",)"
        R"("data":{"domain":"go.acme-corp.io","dns_verified_at":"2024-06-15T08:30:00Z",)"
        R"("ssl_provisioned_at":"2024-06-15T08:32:11Z",)"
        R"("certificate_expires_at":"2024-09-13T08:32:11Z"}})");
  CHECK(hypersnap::CampaignThresholdMet::sample_event().body ==
        R"({"event":"campaign.threshold.met","timestamp":"2024-06-15T08:32:11Z",)"
        R"("data":{"campaign_id":"cmp_7f3k","campaign":"Summer Sale","threshold":10000,)"
        R"("clicks":10001,"alert_route":"marketing"}})");
  CHECK(snapglyph::QrUpdated::sample_event().body ==
        R"({"event":"qr.updated","timestamp":"2024-01-15T10:30:00Z",)"
        R"("data":{"id":"qr_abc123","name":"Product Page","url":"https://example.com/product-2",)"
        R"("tracking":true,"changes":["url"],"updatedAt":"2024-01-15T10:30:00Z"}})");
  CHECK(snapglyph::QrDeleted::sample_event().body ==
        R"({"event":"qr.deleted","timestamp":"2024-01-15T10:30:00Z",)"
        R"("data":{"id":"qr_abc123","name":"Product Page","deletedAt":"2024-01-15T10:30:00Z"}})");
}

TEST_CASE("HyperSnap's click carries the coordinates and the fingerprint that its prose promises",
          "[event]") {
  hypersnap::LinkClickRegistered click = hypersnap::LinkClickRegistered::sample();
  click.geo.lat = 39.7392;
  click.geo.lon = -104.9903;
  click.device_fingerprint = "f00d";
  const std::string body = encode(click, TimePoint{}).body;
  CHECK_THAT(body, Catch::Matchers::ContainsSubstring(
                       R"("geo":{"country":"US","city":"Denver","lat":39.7392,"lon":-104.9903})"));
  CHECK_THAT(body, Catch::Matchers::EndsWith(
                       R"("referrer":"https://twitter.com/","device_fingerprint":"f00d"}})"));
}
