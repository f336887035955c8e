#pragma once

#include <string>

#include "hookwright/hookwright.hpp"

struct Link;
struct Visitor;

// Tells the subscribers what happens to the links.
//
// A shortener has its own events; this one speaks three products' languages at once, to show that
// it can. What nobody subscribes to costs nothing: it is neither serialised nor stored.
class Announcer {
 public:
  // `site` is what short links begin with, "https://snipy.to". The dispatcher must outlive this.
  Announcer(hookwright::Dispatcher& dispatcher, std::string site);

  // A link is made once: waits until its events are durable. False if they could not be stored.
  [[nodiscard]] bool created(const Link& link);

  // Visitors don't wait for a disk.
  void clicked(const Link& link, const Visitor& visitor);
  void scanned(const Link& link, const Visitor& visitor);

  [[nodiscard]] std::string short_url(const Link& link) const;
  [[nodiscard]] std::string qr_url(const Link& link) const;  // what its QR code shows

 private:
  hookwright::Dispatcher& dispatcher_;
  std::string site_;
};
