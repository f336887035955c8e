#include "hookwright/observer.hpp"

namespace hookwright {

Observer::~Observer() = default;
void Observer::attempt(const AttemptReport&) {}
void Observer::notice(const Notice&) {}
void Observer::lost(const LostEvent&) {}
void Observer::store_trouble(const std::string&) {}

}  // namespace hookwright
