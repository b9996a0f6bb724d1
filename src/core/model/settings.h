#pragma once
// What the broker's decisions depend on and a person may change. Plain values: where they come
// from, their ranges and their documentation are the table in app/config/settings_table.h.

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/model/cloud.h"
#include "core/model/need.h"
#include "core/model/serving.h"

namespace cb::core {

enum class MarketOrder { kSpot, kOnDemand, kSpotThenOnDemand };
// Who has a pool's worker: everybody; one lease at a time; or leases that each have cores of their
// own on it.
enum class Sharing { kShared, kExclusive, kPacked };

// Of clients on one worker, or of places on it for them.
inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

// What has another name in each region, by region.
using ByRegion = std::map<std::string, std::vector<std::string>>;

struct PoolSettings {
  // Where it launches, in the order in which that is tried; empty: in Settings::region.
  std::vector<std::string> regions;
  std::string image;  // empty: nothing can be launched, and callers are told which key to set
  // Instead of `image`, `security_groups` and `subnets`, in the regions that they name. One image.
  ByRegion images, region_security_groups, region_subnets;
  std::vector<std::string> instance_types{"c7i.16xlarge", "c6i.16xlarge", "c7a.16xlarge"};
  int cores = 0;          // of each of its machines; 0: as the names of its types say
  std::size_t place = 0;  // among the pools of the configuration, in the order of its file
  MarketOrder market = MarketOrder::kSpotThenOnDemand;
  Sharing sharing = Sharing::kShared;
  std::size_t max_clients_per_worker = 0;  // leases on one, where it is shared; 0: no limit
  std::size_t max_workers = 0;             // of this pool; 0: as many as the broker may have
  std::string key_name;
  std::vector<std::string> security_groups;
  // One of each zone, in the order in which they are tried; none: EC2 chooses a zone, and its
  // default subnet.
  std::vector<std::string> subnets;
  std::string instance_profile;
  std::string user_data;  // the lab's own, run beside ours
  AddressKind address = AddressKind::kPublic;
  int worker_port = 2560;
  ReadyCheck ready = ReadyCheck::kDserv;
  Duration launch_timeout = minutes{3};
  Duration idle_timeout = minutes{15};
  Duration warm_lead = seconds{90};  // a warm window wants its workers so long before it begins

  const std::string& image_in(const std::string& region) const;
  const std::vector<std::string>& security_groups_in(const std::string& region) const;
  const std::vector<std::string>& subnets_in(const std::string& region) const;
  // The cores that a worker of `type` has to give, as far as anybody knows; 0: nobody does.
  int cores_of_type(std::string_view type) const;
  // The cores that each has of that type; unset: of any, so those of the smallest. 0: nobody knows.
  int least_cores(const std::optional<std::string>& type = {}) const;
  // How many places for leases a worker of `type` has, or kAnyNumber. A packed one has one for each
  // core.
  std::size_t places(std::string_view type) const;
  bool any_number_of_clients() const {
    return sharing == Sharing::kShared && max_clients_per_worker == 0;
  }
  // How many of them one lease of `need` takes; kAnyNumber: all.
  std::size_t places_taken(const Need& need) const;
  Serving serving() const { return {address, worker_port, ready, launch_timeout, idle_timeout}; }
  bool operator==(const PoolSettings&) const = default;
};

struct Settings {
  std::string name = "default";  // our identity in the tag compute-broker
  std::string region;
  // Where `pool` launches, in the order in which that is tried. Valid while both are.
  std::span<const std::string> regions_of(const PoolSettings& pool) const;
  bool launches_in(const PoolSettings& pool, const std::string& region) const;
  bool adopt_untagged = false;
  using Pools = std::map<PoolName, PoolSettings>;
  Pools pools{{PoolName{"default"}, {}}};

  // LaunchLimits.
  std::size_t max_workers = 2;
  std::size_t launches_per_hour_max = 20;
  Duration max_lifetime = hours{12};

  // Callers.
  Duration wait_default = minutes{10};
  Duration lease_ttl = minutes{15};    // of a lease that no command names
  Duration lease_grace = seconds{60};  // of a lease whose connection is lost
  Duration terminate_all_patience = seconds{10};
  Duration cloud_unreachable_patience = seconds{30};  // then callers are told instead of kept

  // Launches.
  std::size_t boot_failures_max = 10;  // in a row; then the breaker opens
  Duration retry_after = minutes{10};  // how long it stays open
  Duration capacity_memory = minutes{3};
  Duration quota_memory = minutes{10};
  Duration denied_memory = seconds{30};  // how long a refusal is believed without asking again
  Duration token_reuse_limit = minutes{10};
  Duration unknown_outcome_grace = minutes{10};
  Duration retry_delay_min = milliseconds{500};  // back-off of launches, doubled each time
  Duration retry_delay_max = seconds{5};
  // EC2 takes so many RunInstances at once, and then one in each interval.
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  std::size_t launch_burst = 5;
  Duration launch_interval = milliseconds{500};
  // A caller who meets an older refusal waits for the next try, when it comes within this time.
  Duration next_try_wait = seconds{30};
  // Back-off of launches that only a warm window wants, doubled each time.
  Duration warm_retry_min = seconds{10};
  Duration warm_retry_max = minutes{10};
  Duration address_grace = seconds{60};  // running without an address for so long is bad config

  // Watching.
  Duration probe_interval = milliseconds{100};  // while booting
  Duration alive_interval = seconds{2};         // while in use
  std::size_t alive_failures_max = 2;           // in a row; then the worker is no longer handed out
  Duration probe_connect_limit = milliseconds{600};
  std::size_t boot_probes_max = 3;           // connections tried at once where accepting is enough
  Duration ready_gap = milliseconds{500};    // from the first right answer to the second question
  Duration probe_answer_limit = seconds{1};  // whoever answers later boots, or is busy
  Duration quiet_interval = seconds{30};     // between two questions while nobody uses a worker
  Duration question_keep_alive = seconds{30};
  std::size_t question_keep_alive_max = 3;  // so many of them without a sign of life: it is lost
  Duration alive_connect_limit = seconds{1};
  Duration unreachable_timeout = minutes{2};
  Duration listing_fast = seconds{1};        // while something is pending
  Duration listing_slow = seconds{30};       // otherwise
  Duration identify_interval = seconds{30};  // while the account is wrong or not known
  Duration terminate_repeat = seconds{60};
  Duration missing_grace = seconds{30};     // between two listings that do not show a worker
  Duration not_visible_grace = minutes{2};  // age below which absence means nothing
  Duration sweep_grace = minutes{2};        // an unknown instance younger than this is spared
  Duration adoption_patience = seconds{5};  // how long callers wait for an adopted one to answer
  Duration progress_interval = seconds{1};
  Duration calendar_interval = seconds{30};  // between two looks at which warm windows hold
  Duration takeover_after = minutes{10};  // a broker of our name that is silent for so long is gone

  // Restart.
  Duration idle_save_interval = seconds{5};
  Duration restart_grace = seconds{60};
  Duration pause_limit = seconds{5};  // a timer that comes later than that: we stood still
  Duration restart_elapsed_max = hours{1};
  Duration save_retry_interval = seconds{10};  // while the journal cannot be written

  bool operator==(const Settings&) const = default;
};

}  // namespace cb::core
