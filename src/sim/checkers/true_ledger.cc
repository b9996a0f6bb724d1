#include "sim/checkers/true_ledger.h"

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kRule = "6-true-ledger";

std::string text(const std::optional<WallTime>& time) {
  return time ? iso8601(*time) : "open";
}

}  // namespace

void TrueLedger::told(const core::Event& event) {
  const auto* listed = std::get_if<core::Listed>(&event);
  const auto* listing = listed != nullptr ? std::get_if<core::Listing>(&listed->result) : nullptr;
  if (listing == nullptr) return;
  for (const core::InstanceView& view : listing->instances) {
    const bool final = view.ended && view.state == core::InstanceState::kTerminated;
    if (final && !told_end_.contains(view.id)) just_told_.insert(view.id);
  }
}

void TrueLedger::committed(const std::vector<core::Change>&) {
  told_end_.merge(just_told_);
}

void TrueLedger::finished() {
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
    throw Violated(
        kRule, str(instance.id.value, " was billed ",
                   instance.billed_until(*instance.ended).count(), " s and is not in the ledger"));
  }
  const core::LedgerRecord& written = line->second;
  const bool right_end = told_end_.contains(instance.id) ? written.ended == instance.end_time()
                                                         : written.ended.has_value();
  if (written.launched == instance.launch_time() && right_end) return;
  throw Violated(kRule, str(instance.id.value, " was billed ", text(instance.launch_time()), " to ",
                            text(instance.end_time()), ", and the ledger says ",
                            text(written.launched), " to ", text(written.ended)));
}

}  // namespace cb::sim
