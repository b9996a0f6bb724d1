#pragma once
// One instance: what was asked for, what it was given, and when everything happens to it. Its
// state at a moment is computed from its times, so that the past can be shown as well as the
// present. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "ec2sim/model/clock.h"

namespace cb::ec2sim {

// A launch that was found valid.
struct LaunchOrder {
  std::string region;
  std::string zone;  // empty: any of the region
  std::string image;
  std::string type;
  bool spot = false;
  std::int64_t min_count = 1;
  std::int64_t max_count = 1;
  std::string key_name;
  std::vector<std::string> groups;  // ids
  std::string subnet;               // empty: the default one of the zone
  Money max_price;                  // spot, by the hour; 0: any
  std::string profile;              // name; empty: none
  std::string user_data;            // decoded
  std::map<std::string, std::string> tags;
  std::string client_token;
  bool public_address = true;
  bool terminate_on_shutdown = false;
  bool is_protected = false;     // TerminateInstances is refused
  bool tokens_required = false;  // IMDSv2 only
  std::string digest;            // of all parameters: what a ClientToken stands for
};

enum class State { kPending, kRunning, kStopping, kStopped, kShuttingDown, kTerminated };
std::string_view to_string(State state);  // EC2's names
int state_code(State state);              // EC2's numbers: 0, 16, 64, 80, 32, 48

// Moments in boot time, kNever where it does not happen. The first five are planned at the launch.
struct Times {
  Micros accepted{0};
  Micros visible{0};  // listed and found by its id from here on
  Micros running{0};
  Micros addressed{0};  // its addresses are shown from here on
  Micros port_open{0};
  Micros early_until{0};     // from the open port on it answers, and then not before it is ready
  Micros ready{0};           // planned; `Seen` has what was measured
  Micros restarts = kNever;  // its service ends, and begins anew
  Micros dies = kNever;      // the service ends, EC2 sees nothing
  Micros hangs = kNever;
  Micros begins{0};          // its service is started no sooner: a reboot
  Micros stopping = kNever;  // by a person: no longer billed, without an address
  Micros stopped = kNever;
  Micros notice = kNever;  // of a spot interruption
  Micros ending = kNever;  // shutting-down from here on: no longer billed
  Micros ended = kNever;   // terminated
};

// What really happened, in boot time.
struct Seen {
  std::optional<Micros> port_open;
  std::optional<Micros> ready;               // the first moment at which the worker can answer
  std::optional<Micros> first_answer;        // the first answer it gave to anybody
  std::optional<Micros> latest_answer;       // of the first few since its port opened
  std::optional<Micros> first_listed;        // the first listing that showed it at all
  std::optional<Micros> first_listed_ready;  // that showed it running and with its address
};

enum class Worker { kNotStarted, kStarted, kFrozen, kGone };

struct Instance {
  std::uint64_t ordinal = 0;  // 1 for the first of this run
  std::string id;             // "i-0123456789abcdef0"
  std::string reservation;
  std::string spot_request;  // empty: on-demand
  int launch_index = 0;      // among those of one launch
  LaunchOrder order;
  std::string zone;
  std::string subnet;
  std::string address;  // 127.x.y.z: public and where its worker listens
  std::string private_address;
  Micros accepted_wall{0};
  Micros launched_wall{0};  // EC2's LaunchTime: a start renews it
  Times times;
  Seen seen;
  Worker worker = Worker::kNotStarted;
  bool released = false;      // its address was given back
  bool is_protected = false;  // TerminateInstances is refused
  seconds billed_before{0};   // until it was last stopped
  bool stranger = false;      // another account's: never in an answer of EC2
  Money hourly;
  std::string reason_code;  // StateReason of its end: "Client.UserInitiatedShutdown"
  std::string reason_message;
  std::string end_text;  // "User initiated": what stands before the time of the end

  bool alive(Micros now) const { return now < times.ending; }
  // A stopped one is alive, and has none.
  bool has_machine(Micros now) const { return alive(now) && now < times.stopping; }
};

State state_at(const Instance& instance, Micros when);
bool addressed_at(const Instance& instance, Micros when);

// Wall time of a moment in this instance's life.
Micros wall_of(const Instance& instance, Micros when);

// What it has cost until `now`. From running to shutting-down, by the second, 60 s at least; a
// spot instance that EC2 interrupts in its first hour is free.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html
struct Bill {
  seconds billed{0};
  Money cost;
};
Bill bill_of(const Instance& instance, Micros now);

}  // namespace cb::ec2sim
