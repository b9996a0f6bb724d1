#pragma once
// One machine of the simulated EC2, as it truly is.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/cloud.h"
#include "sim/world/clock.h"

namespace cb::sim {

enum class Owner {
  kOurs,         // launched by the broker under test
  kOtherBroker,  // carries the tag of another broker's name
  kNameOnly,     // somebody's, with the guide's Name tag alone
  kStranger,     // another account's: never listed; it only has an address
  kRival,        // launched by another broker of our name
};

// Looked up by any kind of string, since every listing looks for several of each machine.
using Tags = std::map<std::string, std::string, std::less<>>;

struct Instance {
  InstanceId id;
  Owner owner = Owner::kOurs;
  PoolName pool;
  LaunchToken token;
  std::string body;  // the request that made it, for its token
  std::string type;
  core::Market market = core::Market::kSpot;
  std::string image;
  std::string region;
  std::string zone;
  Tags tags;
  std::string public_address;  // empty: none, or none yet
  std::string private_address;
  bool gets_public_address = true;

  std::vector<std::pair<Moment, core::InstanceState>> history;  // the latest is what it is
  std::string reason_code;
  std::string reason;

  Moment born{};
  std::optional<Moment> address_shown;  // listings show the address from then on
  std::optional<Moment> accepts;        // its port is open from then on
  std::optional<Moment> serves;         // and its service answers
  std::optional<Moment> early_until;    // it answers from its port's opening until then as well
  std::optional<Moment> dead;           // and neither does any longer
  std::uint64_t services = 0;           // how often its service has ended and begun anew
  std::optional<Moment> restarted;      // the latest time
  Moment busy_until{};                  // it computes, and answers nothing, until then
  bool wrong_service = false;           // what answers there is something else
  std::optional<Moment> endable_from;   // a person protects it until then
  Moment claimed{};                     // kRival: its owner last said that it lives
  std::optional<Moment> left;           // it gave its address back
  std::optional<Moment> ended;          // billed until then
  std::optional<Moment> ended_shown;    // the first delivered listing that said so

  core::InstanceState state() const { return history.back().second; }
  bool running() const { return state() == core::InstanceState::kRunning; }
  // It bills or is about to; stopped, its disk does, and it may be started again.
  bool alive() const {
    return state() != core::InstanceState::kShuttingDown &&
           state() != core::InstanceState::kTerminated;
  }
  bool serving(Moment now) const {
    return running() && serves && *serves <= now && !(dead && *dead <= now);
  }
  bool computing(Moment now) const { return serving(now) && busy_until > now; }
  // Half of the dead are off the network, half have only lost their service.
  bool still_refuses() const { return born.time_since_epoch().count() % 2 == 0; }
  // As EC2 shows them: whole seconds.
  WallTime launch_time() const { return std::chrono::floor<seconds>(Clock::calendar(born)); }
  std::optional<WallTime> end_time() const {
    if (!ended) return {};
    return std::chrono::floor<seconds>(Clock::calendar(*ended));
  }
  seconds billed_until(Moment now) const {
    return std::chrono::floor<seconds>(Clock::calendar(ended.value_or(now))) -
           std::chrono::floor<seconds>(Clock::calendar(born));
  }
};

}  // namespace cb::sim
