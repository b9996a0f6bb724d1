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
  std::string trouble;           // the sentence; empty while EC2 answers; beside account_trouble
  std::string doubt;             // its latest failure, also before callers are refused for it
  bool trouble_doubted = false;  // a caller came after it was seen: EC2 is asked again first
  // Launches that EC2 throttled, did not answer or left open: since then without a definite answer
  // between, and the latest.
  std::optional<Instant> launches_fail_since;
  Instant launch_failed_at{};
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

  bool cloud_open = false;      // the keys are those of our records' account; Account keeps it
  std::string account_trouble;  // why it is shut; empty while that is not known
  bool journal_is_new = false;  // what there is, EC2 alone can say, and has not said yet
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
  // "EC2", with its region where that is another than the broker's own.
  std::string ec2_in(const std::string& region) const {
    return region == settings.region ? "EC2" : "EC2 in " + region;
  }
  // Each region in which a pool launches is watched, and the broker's own, where all was before any
  // pool named another.
  void watch_regions() {
    cloud(settings.region);
    for (const auto& [name, its] : settings.pools) {
      for (const std::string& region : settings.regions_of(its)) cloud(region);
    }
  }
  // Each region has been listed, or cannot be.
  bool all_heard_of() const {
    return std::all_of(clouds.begin(), clouds.end(), [](const auto& entry) {
      return entry.second.listed_once || !entry.second.trouble.empty();
    });
  }
  // Why nothing can be asked there; empty: it can.
  const std::string& trouble_in(const std::string& region) {
    return account_trouble.empty() ? cloud(region).trouble : account_trouble;
  }
  // The account's, or the first region's trouble; empty: none has any.
  const std::string& cloud_trouble() const {
    static const std::string kNone;
    if (!account_trouble.empty()) return account_trouble;
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
