#pragma once

// What a link shortener needs to know when three of HyperSnap's events happen. Small values and
// functions without clocks, threads or stores of their own; "once, across restarts" is
// PublishOptions::latch.

// link.click.converted, by a pixel
#include "hookwright/triggers/conversion_pixel.hpp"
// campaign.threshold.met, domain.verification.complete
#include "hookwright/triggers/milestones.hpp"
// link.click.converted, by UTM parameters
#include "hookwright/triggers/utm.hpp"
