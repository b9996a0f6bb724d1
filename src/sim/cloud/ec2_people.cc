// What people do to machines in the console, and what another broker of our name has there.

#include <algorithm>

#include "base/text.h"
#include "sim/cloud/ec2.h"

namespace cb::sim {
namespace {

using core::InstanceState;

std::string rivals_claim(Moment now) {
  return str("r1val there ", iso8601(Clock::calendar(now)));
}

}  // namespace

void Ec2::people() {
  const auto plan = [this](Fault fault, void (Ec2::*what)()) {
    for (const Moment when : ground_.schedule.times(fault)) {
      ground_.heap.at(when, [this, what] {
        if (!ground_.schedule.healed()) (this->*what)();
      });
    }
  };
  plan(Fault::kProtected, &Ec2::protect);
  plan(Fault::kStoppedByHand, &Ec2::stop_one);
  plan(Fault::kRebootedByHand, &Ec2::reboot_one);
  plan(Fault::kTagsEdited, &Ec2::edit_tags);
  plan(Fault::kRival, &Ec2::rival);
}

Instance* Ec2::one_of_ours() {
  std::vector<Instance*> running;
  for (Instance* instance : listed_) {
    if (ours(*instance) && instance->running() && !instance->dead) running.push_back(instance);
  }
  return running.empty() ? nullptr : running[people_.below(running.size())];
}

void Ec2::protect() {
  Instance* const it = one_of_ours();
  if (it == nullptr) return;
  it->endable_from = ground_.now() + people_.between(minutes{1}, minutes{40});
  ground_.timeline.note("people  protect ", it->id.value);
}

// Its addresses are gone with the stop, its disk is not.
void Ec2::stop_one() {
  Instance* const it = one_of_ours();
  if (it == nullptr) return;
  ground_.tally.count(Fault::kStoppedByHand);
  it->dead = ground_.now();
  it->reason_code = kUserInitiated;
  it->reason = "User initiated shutdown";
  enter(*it, InstanceState::kStopping);
  free_address(*it);
  ground_.after(people_.between(seconds{5}, seconds{60}), [this, it] {
    if (it->state() == InstanceState::kStopping) enter(*it, InstanceState::kStopped);
  });
}

void Ec2::reboot_one() {
  Instance* const it = one_of_ours();
  if (it == nullptr || it->wrong_service || !it->serves) return;
  ground_.tally.count(Fault::kRebootedByHand);
  ground_.timeline.note("people  reboot ", it->id.value);
  it->dead = ground_.now();
  ground_.after(people_.between(seconds{15}, seconds{60}), [this, it] {
    if (!it->running()) return;
    it->dead.reset();
    it->accepts = it->serves = ground_.now();
  });
}

// Somebody cleans up, or renames; later it is put right.
void Ec2::edit_tags() {
  Instance* const it = one_of_ours();
  if (it == nullptr || it->tags.empty() || ground_.now() < tags_left_until_) return;
  ground_.tally.count(Fault::kTagsEdited);
  const auto how = people_.below(4);
  if (how == 0) it->tags[std::string(core::kNameTag)] = "experiment of Tuesday";
  if (how == 1) it->tags.erase(std::string(core::kBrokerTag));
  if (how == 2) it->tags[std::string(core::kBrokerTag)] = "other";
  if (how == 3) it->tags.clear();
  ground_.timeline.note("people  edit the tags of ", it->id.value, " (", how, ")");
  const Duration time = people_.between(minutes{1}, minutes{40});
  if (how != 0) {
    ground_.tell([&](Watcher& watcher) { watcher.hidden(*it, ground_.now() + time); });
  }
  tags_edited_until_ = std::max(tags_edited_until_, ground_.now() + time);
  ground_.after(time, [it] {
    const LaunchForm form = read_launch(it->body);
    for (const auto& [key, value] : form.tags) it->tags.try_emplace(key, value);
    for (const auto key : {core::kNameTag, core::kBrokerTag}) {
      it->tags[std::string(key)] = form.tag(key);
    }
  });
}

void Ec2::put_tag(const InstanceId& id, const std::string& key, const std::string& value) {
  if (Instance* const instance = find(id)) instance->tags[key] = value;
}

// It claims its machine anew as a broker of ours would, until it is gone for good.
void Ec2::rival() {
  Instance& it = make(Owner::kRival, ground_.options.settings.region);
  const auto pair = addresses_.take(it);
  if (!pair) {
    it.owner = Owner::kStranger;
    return enter(it, InstanceState::kTerminated);
  }
  ground_.tally.count(Fault::kRival);
  it.type = "c7i.16xlarge";
  it.market = core::Market::kOnDemand;
  it.image = "ami-1";
  it.pool = {"theirs"};
  it.public_address = pair->public_address;
  it.private_address = pair->private_address;
  it.tags = {{std::string(core::kNameTag), std::string(core::kNameTagValue)},
             {std::string(core::kBrokerTag), ground_.options.settings.name},
             {std::string(core::kPoolTag), it.pool.value},
             {std::string(core::kTokenTag), str("cb-r1val-", instances_.size())},
             {std::string(core::kOwnerTag), rivals_claim(ground_.now())}};
  listed_.push_back(&it);
  run(it);
  rival_renews(it, ground_.now() + people_.between(minutes{5}, hours{3}));
}

void Ec2::rival_renews(Instance& instance, Moment until) {
  Instance* const it = &instance;
  if (!it->alive()) return;
  it->claimed = ground_.now();
  it->tags[std::string(core::kOwnerTag)] = rivals_claim(ground_.now());
  if (ground_.now() >= until || ground_.schedule.healed()) return;  // its last word
  ground_.after(ground_.options.settings.takeover_after / 5,
                [this, it, until] { rival_renews(*it, until); });
}

}  // namespace cb::sim
