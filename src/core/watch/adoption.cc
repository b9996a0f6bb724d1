// What CloudWatch makes of instances that the journal does not know.

#include "base/text.h"
#include "core/watch/cloud_watch.h"

namespace cb::core {

void CloudWatch::unknown(const InstanceView& view) {
  const std::string_view owner = view.tag(kBrokerTag);
  const bool tagged = owner == step_.settings.name;
  // Another broker's, whatever else it carries.
  if (!tagged && !owner.empty()) return;
  if (workers_.ended_before(view.id)) return;
  if (tagged && launcher_.claim(view, region_)) return;
  const bool alive = view.state == InstanceState::kPending || view.state == InstanceState::kRunning;
  if (tagged) {
    const bool ends =
        view.state == InstanceState::kShuttingDown || view.state == InstanceState::kTerminated;
    if (ends) return;
    const auto another = claims_.another_on(view);
    if (another && !claims_.abandoned(view, region_, *another)) return;
    adopt(view, true, another ? another->nonce : "");
    return;
  }
  if (view.tag(kNameTag) != kNameTagValue || !alive) return;
  if (step_.settings.adopt_untagged) adopt(view, false, "");
}

void CloudWatch::adopt(const InstanceView& view, bool tagged, const std::string& former_owner) {
  const PoolName pool{tagged && !view.tag(kPoolTag).empty() ? std::string(view.tag(kPoolTag))
                                                            : "default"};
  Worker worker;
  worker.perhaps_used = true;
  worker.ours = tagged || workers_.end_wanted(view.id).has_value();
  worker.record = workers_.first_record(view, region_);
  worker.record.pool = pool;
  worker.record.token = {std::string(view.tag(kTokenTag))};
  worker.record.phase = WorkerPhase::kAdopting;
  worker.record.former_owner = former_owner;
  workers_.follow_settings(worker.record);
  const Duration boot = worker.serving().launch_timeout;
  // One that was launched just now may still boot and is worth waiting for; an old one that does
  // not answer within moments is not.
  const Duration age = view.launched ? step_.now.wall - *view.launched : boot;
  const bool young = age >= Duration{0} && age < boot;
  worker.coming_until = step_.now.boot + (young ? boot - age : step_.settings.adoption_patience);
  step_.timers.arm({TimerKind::kWorkerAwaited, view.id.value}, worker.coming_until);
  step_.timers.arm({TimerKind::kWorkerBoot, view.id.value},
                   step_.now.boot + std::max(boot, step_.settings.sweep_grace));
  if (tagged) {
    step_.timers.arm({TimerKind::kWorkerLifetime, view.id.value},
                     step_.now.boot + step_.settings.max_lifetime);
  }
  step_.log(LogLevel::kInfo, "worker.found", about(worker.record),
            str("instance ", view.id.value, " is not in the journal and carries our ",
                tagged ? "tag" : "name", ": adopted if it answers",
                tagged ? ", ended if it does not" : ""));
  terminations_.end_as_wanted(workers_.add(std::move(worker)));
}

}  // namespace cb::core
