#pragma once

#include "hookwright/catalog.hpp"
#include "hookwright/events/snipy_creators.hpp"
#include "hookwright/events/snipy_links.hpp"
#include "hookwright/export.hpp"

// The events of Snipy, as its "Webhooks Guide" shows them: names, types and order of the fields are
// those of its examples, and sample() is the example's `data`, sample_event() its whole body.
//
// The guide speaks of "15 event types" and lists 14; these are the 14.
//
// A QR code's scan is two events: publish QrScanned and LinkClicked together, in publish_all, as
// the guide says of qr.scanned ("triggers alongside link.clicked for the linked URL"). qr.scanned
// and qr.created are other events in SnapGlyph, with other fields.

namespace hookwright::snipy {

// All 14.
[[nodiscard]] HOOKWRIGHT_EXPORT Catalog catalog();

}  // namespace hookwright::snipy
