#include "sim/checkers/true_ledger.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/shown.h"

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
  closed_.clear();
  std::erase_if(shown_, [&](const auto& one) {
    const auto line = store_.ledger().find(one.first);
    return line == store_.ledger().end() || !line->second.ended;
  });
}

// What was told since then is forgotten with it.
void TrueLedger::journal_restored(const core::Records&) {
  std::erase_if(told_end_, [&](const InstanceId& id) {
    const auto line = store_.ledger().find(id);
    return line == store_.ledger().end() || !line->second.ended;
  });
  went_down();
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
  for (const core::InstanceView& view : shown_by_listing(event)) {
    if (ends(view.state)) shown_ending(view.id);
    const bool final = view.ended && view.state == core::InstanceState::kTerminated;
    if (final && !told_end_.contains(view.id)) just_told_.insert(view.id);
  }
}

void TrueLedger::committed(const std::vector<core::Change>& changes) {
  told_end_.merge(just_told_);
  for (const core::Change& change : changes) {
    if (const auto* worker = std::get_if<core::WorkerRecord>(&change)) {
      in_journal_.insert(worker->id);
      if (!worker->end_reason.empty()) reasons_[worker->id] = worker->end_reason;
    } else if (const auto* line = std::get_if<core::LedgerRecord>(&change)) {
      written(*line);
    }
  }
}

void TrueLedger::written(const core::LedgerRecord& line) {
  const auto demand = [&](bool so, std::string_view what) {
    if (!so)
      throw Violated(kTrueLedgerRule,
                     str("the ledger has the wrong ", what, " of ", line.id.value));
  };
  const Instance* const instance = ec2_.find(line.id);
  if (instance == nullptr) return;  // no_other_lines() tells of it
  demand(!ours(*instance) || line.pool == instance->pool, "pool");
  demand(line.type == instance->type && line.market == instance->market, "type");
  demand(line.zone == instance->zone, "zone");
  demand(line.region == instance->region, "region");
  const auto& broker = store_.durable().broker;
  demand(line.account.empty() || !broker || line.account == broker->account, "account");
  if (!line.ended) return;
  const auto reason = reasons_.find(line.id);
  demand(reason == reasons_.end() ? !line.end_reason.empty() : line.end_reason == reason->second,
         "reason for the end");
  closed_.push_back(line);
}

// What a step handed out is given to its callers after the commit.
void TrueLedger::turned() {
  for (const core::LedgerRecord& line : std::exchange(closed_, {})) {
    const HandOuts::Count count = hand_outs_.of(line.id);
    if (!count.certain || line.handed_out == count.times || history_.commit_failing()) continue;
    throw Violated(kTrueLedgerRule, str(line.id.value, " was handed out ", count.times,
                                        " times, and the ledger says ", line.handed_out));
  }
}

void TrueLedger::finished() {
  no_other_lines();
  for (const auto& [id, life] : history_.lives()) {
    // EC2 shows what has ended for a while; who was blind for all of it never heard of it, and
    // what a process was told before it died in that turn, the next one does not know.
    const bool ever_shown = in_journal_.contains(id) || told_end_.contains(id);
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
