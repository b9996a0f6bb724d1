#pragma once
// The broker's decisions, all of them. A pure, deterministic state machine: no clock, thread,
// socket, file or randomness of its own; the same events at the same times give the same
// decisions. Not thread-safe; one driver owns it.

#include <memory>
#include <optional>

#include "base/time.h"
#include "core/model/decision.h"
#include "core/model/event.h"
#include "core/model/settings.h"

namespace cb::core {

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
