#pragma once
// The broker's decisions, all of them. A pure, deterministic state machine: no clock, thread,
// socket, file or randomness of its own; the same events at the same times give the same
// decisions. Not thread-safe; one driver owns it.

#include <memory>
#include <optional>

#include "base/time.h"
#include "core/decision.h"
#include "core/event.h"
#include "core/settings.h"

namespace cb::core {

// Turns a spec into the bytes to send (wire::encode_run_instances). Must be a pure function: the
// result is saved with the intent and sent again unchanged.
using EncodeLaunch = std::string (*)(const LaunchSpec&);

class Broker {
 public:
  Broker(Settings settings, EncodeLaunch encode);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // The first event of a run is Started; `now.boot` never decreases. Whoever calls makes
  // `save` durable before it begins `then`, in order.
  Decision step(Now now, const Event& event);

  // When TimePassed is next wanted; unset: only an event can change anything.
  std::optional<Instant> next_deadline() const;

  // After StopRequested: no caller waits and, where asked for, no worker is left to end.
  bool quiet() const;

  // For `status`, metrics and checkers: what the broker holds, as it would be saved.
  Records records() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cb::core
