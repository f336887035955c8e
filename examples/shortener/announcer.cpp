#include "announcer.hpp"

#include <iostream>
#include <utility>

#include "links.hpp"
#include "visitor.hpp"
#include "webhooks.hpp"

namespace hypersnap = hookwright::hypersnap;
namespace snapglyph = hookwright::snapglyph;
namespace snipy = hookwright::snipy;

namespace {

snipy::LinkClicked snipy_click(const Link& link, const Visitor& visitor) {
  return {.link_id = link.id,
          .alias = link.alias,
          .country = visitor.country,
          .browser = visitor.browser,
          .platform = visitor.platform,
          .referrer = visitor.referrer,
          .ip = visitor.ip};
}

hypersnap::LinkClickRegistered hypersnap_click(const Link& link, const Visitor& visitor,
                                               const std::string& short_url) {
  return {.short_url = short_url,
          .destination = link.target,
          .user_agent = visitor.user_agent,
          .ip_hash = visitor.ip_hash(),
          .geo = {.country = visitor.country},
          .referrer = visitor.referrer};
}

snapglyph::QrScanned snapglyph_scan(const Link& link, const Visitor& visitor) {
  return {.qr_code_id = "qr_" + std::to_string(link.id),
          .qr_code_name = link.alias,
          .destination_url = link.target,
          .scan = {.timestamp = now(),
                   .country = visitor.country,
                   .device_type = visitor.device,
                   .os = visitor.platform,
                   .browser = visitor.browser}};
}

// A full inbox must not keep a visitor from a page, but somebody should hear of it.
void expect_accepted(const hookwright::Receipt& receipt) {
  if (receipt.publication() == hookwright::Publication::refused) {
    std::cerr << "shortener: a click was not announced: " << receipt.message() << std::endl;
  }
}

}  // namespace

Announcer::Announcer(hookwright::Dispatcher& dispatcher, std::string site)
    : dispatcher_(dispatcher), site_(std::move(site)) {}

std::string Announcer::short_url(const Link& link) const {
  return site_ + "/" + link.alias;
}
std::string Announcer::qr_url(const Link& link) const {
  return site_ + "/qr/" + link.alias;
}

bool Announcer::created(const Link& link) {
  const hookwright::Receipt receipt = dispatcher_.publish_all(
      tenant,
      snipy::LinkCreated{.id = link.id,
                         .alias = link.alias,
                         .shorturl = short_url(link),
                         .longurl = link.target,
                         .user_id = user_id},
      snipy::QrCreated{
          .id = link.id, .name = link.alias, .linked_url = short_url(link), .user_id = user_id},
      snapglyph::QrCreated{.id = "qr_" + std::to_string(link.id),
                           .name = link.alias,
                           .url = link.target,
                           .tracking = true,
                           .created_at = now()});
  if (receipt.publication() == hookwright::Publication::nobody_listening) return true;
  return receipt.wait(std::chrono::seconds(10)) == hookwright::Stored::yes;
}

void Announcer::clicked(const Link& link, const Visitor& visitor) {
  expect_accepted(dispatcher_.publish_all(tenant, snipy_click(link, visitor),
                                          hypersnap_click(link, visitor, short_url(link))));
}

// A scan is a click as well, as Snipy's guide says. All of it is one commit: stored whole or not at
// all.
void Announcer::scanned(const Link& link, const Visitor& visitor) {
  const snipy::QrScanned scan{.qr_id = link.id,
                              .link_id = link.id,
                              .country = visitor.country,
                              .browser = visitor.browser,
                              .platform = visitor.platform};
  expect_accepted(dispatcher_.publish_all(tenant, scan, snipy_click(link, visitor),
                                          snapglyph_scan(link, visitor),
                                          hypersnap_click(link, visitor, short_url(link))));
}
