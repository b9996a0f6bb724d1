#pragma once
// All instances of all regions, and what happens to them in time. Pure: it is handed the time, and
// says what should be done to the worker processes.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ec2sim/model/addresses.h"
#include "ec2sim/model/capacity.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/model/life_plan.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// What a worker's process should do now. `instance` is its ordinal.
struct Effect {
  enum class What { kStart, kStop, kFreeze, kThaw, kBusy };
  What what;
  std::uint64_t instance;
  Micros until{0};  // kBusy
};

struct ProcessLimits {
  bool processes = true;  // false: no worker is started, each is ready when its plan says
  int processes_max = 200;
};

class Instances {
 public:
  // `settings` outlives it, and may change under it.
  Instances(Settings& settings, Addresses addresses, ProcessLimits limits);

  // Does what is due. Call it before everything else at a new `now`, and at next_deadline().
  void advance(SimNow now);
  Micros next_deadline() const;
  std::vector<Effect> take_effects();

  // Launches, or finds what the same ClientToken launched. In order of launch index. Throws
  // Refusal: no capacity, over a quota, a token that stands for something else or for the past.
  std::vector<const Instance*> launch(const LaunchOrder& order, SimNow now);

  // The same in two steps, for a call that launches several orders or none of them. First: the zone
  // of an order and how many of it, beside those that are `placed`. Throws Refusal.
  Placement place(const LaunchOrder& order, const std::vector<Placement>& placed, SimNow now);
  // Then: its instances, in order of launch index.
  std::vector<const Instance*> launch(const Placement& placement, SimNow now);

  // All of these take an ordinal that exists.
  // An instance that is ending already keeps its first reason.
  void end(std::uint64_t ordinal, const EndReason& reason, SimNow now);
  // Warns now, and ends it `notice` later as EC2 ends a spot instance.
  void interrupt(std::uint64_t ordinal, Micros notice, SimNow now);
  // Their addresses and services are gone, they are not. One that is stopped stays so. Throws
  // Refusal, and stops none: one is spot, or in another state than running.
  void stop(const std::vector<std::uint64_t>& ordinals, const EndReason& reason, SimNow now);
  // They boot anew, with other addresses, if there is room as for a launch; fates are drawn as at a
  // launch. One that runs goes on. Throws Refusal, and starts none: also when one is in another
  // state.
  void start(const std::vector<std::uint64_t>& ordinals, SimNow now);
  // Its service boots anew; EC2 says running all the while.
  void reboot(std::uint64_t ordinal, SimNow now);
  void protect(std::uint64_t ordinal, bool on) { own(ordinal).is_protected = on; }
  void terminate_on_shutdown(std::uint64_t ordinal, bool on) {
    own(ordinal).order.terminate_on_shutdown = on;
  }
  void tag(std::uint64_t ordinal, const std::string& key, const std::string& value);
  void untag(std::uint64_t ordinal, const std::string& key);
  // The worker's process ends, freezes or goes on; EC2 sees nothing of it.
  void kill_service(std::uint64_t ordinal);
  void freeze_service(std::uint64_t ordinal);
  void thaw_service(std::uint64_t ordinal);
  // It ends, and begins anew after restart_pause.
  void restart_service(std::uint64_t ordinal, Micros now);
  // It computes until then: whatever it is asked waits.
  void keep_busy(std::uint64_t ordinal, Micros until);

  // Ends every process, forgets every instance and every token. Ordinals and ids go on.
  void clear();

  // What a worker's process reported. Unknown ordinals are ignored.
  Seen* seen(std::uint64_t ordinal);
  // Its process is gone by itself.
  void service_ended(std::uint64_t ordinal);

  // As EC2 shows it to `region`: an id that exists, and is no longer hidden, nor forgotten.
  const Instance* find(std::string_view region, std::string_view id, Micros now) const;
  // Of any region, stranger or hidden: for whoever holds the simulator in hand.
  const Instance* find_any(std::string_view id) const;
  const Instance* at(std::uint64_t ordinal) const;
  const std::deque<Instance>& all() const { return all_; }
  // Whether an answer of EC2 to `region` may show it.
  bool shown(const Instance& instance, std::string_view region, Micros now) const;

 private:
  using TokenKey = std::tuple<std::string, std::string, std::string>;  // region, zone, token
  struct TokenUse {
    std::string digest;
    std::vector<std::uint64_t> ordinals;
  };

  std::vector<const Instance*> repeated(const TokenUse& use, const LaunchOrder& order,
                                        Micros now) const;
  std::int64_t count_within_limits(const LaunchOrder& order, const Taken& taken, Micros now) const;
  std::pair<std::string, std::int64_t> choose_zone(const LaunchOrder& order, const Taken& taken,
                                                   Micros now, Prng& prng) const;
  void check_price(const LaunchOrder& order, const std::string& zone, SimNow now) const;
  void refuse_if_told(const LaunchOrder& order, const std::string& zone, Prng& prng);
  Instance& create(const LaunchOrder& order, const std::string& zone, SimNow now);
  void check_stop(const Instance& instance, Micros now) const;
  void settle_stranger(const std::string& address, SimNow now);
  void tend(Instance& instance, SimNow now);
  void tend_service(Instance& instance, Micros now);
  void schedule(const Instance& instance, Micros now);
  void stop_service(Instance& instance);
  void stop(Instance& instance, const EndReason& reason, SimNow now);
  void start(Instance& instance, SimNow now);
  void release(Instance& instance, SimNow now);
  void boot_anew(Instance& instance, Micros from, Prng& prng);
  Instance& own(std::uint64_t ordinal);

  Settings& settings_;
  Addresses addresses_;
  ProcessLimits limits_;
  std::deque<Instance> all_;
  std::uint64_t first_ordinal_ = 1;  // of all_[0]
  std::unordered_map<std::string, std::uint64_t> by_id_;
  std::map<TokenKey, TokenUse> tokens_;
  std::set<std::pair<Micros, std::uint64_t>> timers_;
  std::vector<Effect> effects_;
};

}  // namespace cb::ec2sim
