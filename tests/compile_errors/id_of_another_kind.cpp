// expect: error: .*(convert|conversion).*Event(Id|Kind)
#include "hookwright/hookwright.hpp"

void pause(hookwright::EndpointId);

void mistake(hookwright::EventId event) {
  pause(event);
}
