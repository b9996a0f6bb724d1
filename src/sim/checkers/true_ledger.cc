#include "sim/checkers/true_ledger.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kTrueLedgerRule = "6-true-ledger";

std::string text(const std::optional<WallTime>& time) {
  return time ? iso8601(*time) : "open";
}

bool ends(core::InstanceState state) {
  return state == core::InstanceState::kShuttingDown || state == core::InstanceState::kTerminated;
}

}  // namespace

void TrueLedger::shown_ending(const InstanceId& id) {
  const auto line = store_.ledger().find(id);
  const bool closed = line != store_.ledger().end() && line->second.ended;
  if (!closed) shown_.try_emplace(id, ground_.clock.now().wall);
}

// The next process hears of it for the first time, unless the line is written.
void TrueLedger::went_down() {
  just_told_.clear();
  std::erase_if(shown_, [&](const auto& one) {
    const auto line = store_.ledger().find(one.first);
    return line == store_.ledger().end() || !line->second.ended;
  });
}

void TrueLedger::told(const core::Event& event) {
  if (const auto* answer = std::get_if<core::TerminateAnswered>(&event)) {
    const auto* accepted = std::get_if<core::TerminateAccepted>(&answer->result);
    if (accepted == nullptr) return;
    for (const core::TerminatedNow& now : accepted->instances) {
      if (ends(now.state)) shown_ending(now.id);
    }
    return;
  }
  const auto* listed = std::get_if<core::Listed>(&event);
  const auto* listing = listed != nullptr ? std::get_if<core::Listing>(&listed->result) : nullptr;
  if (listing == nullptr) return;
  for (const core::InstanceView& view : listing->instances) {
    if (ends(view.state)) shown_ending(view.id);
    const bool final = view.ended && view.state == core::InstanceState::kTerminated;
    if (final && !told_end_.contains(view.id)) just_told_.insert(view.id);
  }
}

void TrueLedger::committed(const std::vector<core::Change>&) {
  told_end_.merge(just_told_);
}

void TrueLedger::finished() {
  no_other_lines();
  for (const auto& [id, life] : history_.lives()) {
    // EC2 shows what has ended for an hour; who was blind for all of it never heard of it.
    const bool ever_shown = life.known || told_end_.contains(id);
    const bool line = store_.ledger().contains(id);
    if (line || (ever_shown && !life.before_loss)) judge(*life.instance);
  }
}

void TrueLedger::judge(const Instance& instance) const {
  const auto line = store_.ledger().find(instance.id);
  if (line == store_.ledger().end()) {
    throw Violated(kTrueLedgerRule, str(instance.id.value, " was billed ",
                                        instance.billed_until(*instance.ended).count(),
                                        " s and is not in the ledger"));
  }
  const core::LedgerRecord& written = line->second;
  if (written.launched == instance.launch_time() && right_end(instance, written)) return;
  throw Violated(kTrueLedgerRule,
                 str(instance.id.value, " was billed ", text(instance.launch_time()), " to ",
                     text(instance.end_time()), ", and the ledger says ", text(written.launched),
                     " to ", text(written.ended)));
}

bool TrueLedger::right_end(const Instance& instance, const core::LedgerRecord& written) const {
  if (!written.ended || written.ended == instance.end_time()) return written.ended.has_value();
  if (told_end_.contains(instance.id)) return false;
  const auto shown = shown_.find(instance.id);
  if (shown == shown_.end()) return true;  // gone before anybody showed it
  const WallTime soonest = std::max(written.launched, shown->second);
  return soonest <= *written.ended && *written.ended <= soonest + seconds{1};
}

void TrueLedger::no_other_lines() const {
  for (const auto& [id, line] : store_.ledger()) {
    if (history_.life(id) != nullptr) continue;
    const Instance* instance = ec2_.find(id);
    const bool adopted =
        instance != nullptr &&
        (instance->owner == Owner::kRival ||
         (instance->owner == Owner::kNameOnly && ground_.options.settings.adopt_untagged));
    if (!adopted)
      throw Violated(kTrueLedgerRule, str("the ledger has a line for ", id.value, ", not ours"));
  }
}

}  // namespace cb::sim
