#pragma once
// What every part of the broker shares during a step: the time, the settings, and the decision
// that is being written. Internal to core.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/model/decision.h"
#include "core/model/settings.h"
#include "core/step/timers.h"

namespace cb::core {

// What one region's EC2 currently lets us do; its CloudWatch keeps it.
struct CloudState {
  bool listed_once = false;      // a listing has succeeded since the start
  bool listing_failed = false;   // the latest one failed
  bool want_listing = false;     // asked for as soon as it may be
  std::string trouble;           // the sentence; empty while EC2 answers
  std::string doubt;             // its latest failure, also before callers are refused for it
  bool trouble_doubted = false;  // a caller came after it was seen: EC2 is asked again first
  // To be asked for at the end of the step, in one call; those that EC2 has refused by themselves.
  std::vector<InstanceId> to_terminate, refused_once;
};

struct Step {
  Settings settings;
  Now now{};
  Decision out;
  Timers timers;
  BrokerRecord identity;  // nonce, token counter, account and region, as saved
  std::string place;      // this machine and state_dir
  WallTime started_wall{};
  Instant started{};
  // The latest time that this process stood still: a timer was due at `from`, and came at `until`.
  struct Pause {
    Instant from, until;
  };
  std::optional<Pause> pause;

  bool cloud_open = false;  // the keys are those of our records' account; Account keeps it
  std::map<std::string, CloudState> clouds;  // by region; none goes while the process lives
  std::string save_trouble;                  // the sentence; empty while the journal can be written
  Instant save_trouble_at{};
  bool stopping = false;

  // Pools of which a worker or a launch has changed: who waits there is looked at again.
  std::set<PoolName> stirred;
  std::uint64_t last_id = 0;  // queries and probes

  void save(Change change) { out.save.push_back(std::move(change)); }
  void act(Action action) { out.then.push_back(std::move(action)); }
  void log(LogLevel level, std::string key, About about, std::string text, std::string kind = {}) {
    act(Log{level, std::move(key), std::move(text), std::move(kind), std::move(about.ids)});
  }
  // Of what is about nothing that has an id.
  void log(LogLevel level, std::string key, std::string text, std::string kind = {}) {
    log(level, std::move(key), About{}, std::move(text), std::move(kind));
  }
  // When a worker whose time is up at `time_up` may be ended: after a pause not before the world
  // had restart_grace to be heard. A process that is late for ever does not postpone for ever.
  Instant heard_at(Instant time_up) const {
    if (!pause || pause->from > time_up + settings.restart_grace) return time_up;
    return std::max(time_up, pause->until + settings.restart_grace);
  }
  // Whoever holds something in a region, or may launch there, asks for its state here, and it is
  // watched from the end of this step on.
  CloudState& cloud(const std::string& region) { return clouds[region]; }
  // Where `pool` launches.
  const std::string& region_of(const PoolName&) const { return settings.region; }
  // The first region's trouble; empty: none has any.
  const std::string& cloud_trouble() const {
    static const std::string kNone;
    for (const auto& [region, cloud] : clouds) {
      if (!cloud.trouble.empty()) return cloud.trouble;
    }
    return kNone;
  }
  std::uint64_t fresh_id() { return ++last_id; }
  const PoolSettings* pool(const PoolName& name) const {
    const auto found = settings.pools.find(name);
    return found == settings.pools.end() ? nullptr : &found->second;
  }
  // What a worker of `name` is served by where its own record does not say.
  Serving serving(const PoolName& name) const {
    const PoolSettings* const known = pool(name);
    return known != nullptr ? known->serving() : Serving{};
  }
};

}  // namespace cb::core
