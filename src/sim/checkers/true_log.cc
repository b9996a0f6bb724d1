#include "sim/checkers/true_log.h"

#include <algorithm>

#include "base/text.h"
#include "core/launch/capacity_memory.h"
#include "sim/checkers/launch_memory.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

constexpr const char* kTrueLogRule = "16-true-log";

// The word behind `before`, up to a blank or a closing bracket.
std::string word_after(std::string_view text, std::string_view before) {
  const auto at = text.find(before);
  if (at == text.npos) return {};
  text.remove_prefix(at + before.size());
  return std::string(text.substr(0, text.find_first_of(" )")));
}

std::int64_t leading_number(std::string_view text) {
  return parse_int(text.substr(0, text.find(' '))).value_or(-1);
}

// What the sentence names as its subject and Log::about leaves out; empty: nothing.
std::string names_without_id(const core::Log& line) {
  for (const std::string_view before : {"worker ", "instance ", "(token ", "launch ", " pool "}) {
    // Within a refusal it is what the callers were told, or would have been.
    const bool refusal = line.key == "callers.refused" || line.key == "caller.out_of_patience" ||
                         line.key == "warm.short";
    if (refusal && before != " pool ") continue;
    std::string id = word_after(line.text, before);
    id.resize(std::min(id.size(), id.find_last_not_of(",:;") + 1));
    const bool named = before.starts_with('(') || before == " pool " || id.starts_with("i-") ||
                       id.starts_with("cb-");
    if (named && !id.empty() && std::ranges::find(line.about, id) == line.about.end()) return id;
  }
  return {};
}

}  // namespace

void TrueLog::told(const core::Event& event) {
  const auto* asked = std::get_if<core::Asked>(&event);
  if (asked == nullptr || !std::holds_alternative<core::TerminateAll>(asked->request)) return;
  ended_all_.insert(to_string(asked->origin));
}

void TrueLog::answered(CallerId, const core::Answer& answer) {
  for (const core::WorkerAddress& worker : given_in(answer)) ++given_[worker.address];
  if (const auto* refused = std::get_if<core::Refused>(&answer)) ++refused_[refused->why];
}

void TrueLog::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* line = std::get_if<core::LedgerRecord>(&change);
    if (line != nullptr && line->ended) ended_[line->id] = *line;
  }
}

void TrueLog::turned() {
  given_.clear();
  refused_.clear();
  ended_.clear();
  ended_all_.clear();
}

// What could not be written may have been decided all the same.
void TrueLog::logged(const core::Log& line) {
  if (const std::string missed = names_without_id(line); !missed.empty()) {
    throw Violated(kTrueLogRule, str("who looks for ", missed, " does not find: ", line.text));
  }
  if (history_.commit_failing() || holds(line.key, line.text)) return;
  throw Violated(kTrueLogRule, str("the log says what is not so: ", line.key, ": ", line.text));
}

bool TrueLog::holds(std::string_view key, std::string_view text) const {
  if (text.empty()) return false;
  if (key == "worker.gone") return gone(text);
  if (key == "worker.handed_out") return handed_out(text);
  if (key == "callers.refused" || key == "caller.out_of_patience") return refused(text);
  if (key == "launch.begin") return launch_begun(text);
  if (key == "terminate_all") {
    return std::any_of(ended_all_.begin(), ended_all_.end(), [&](const std::string& who) {
      return text == str(who, " asked for TERMINATE_ALL");
    });
  }
  return of_a_worker(key, text);
}

bool TrueLog::of_a_worker(std::string_view key, std::string_view text) const {
  const auto found = store_.durable().workers.find(InstanceId{word_after(text, "worker ")});
  if (found == store_.durable().workers.end()) return true;  // gone in the same step
  const core::WorkerRecord& record = found->second;
  const std::string begin = str("worker ", record.id.value, " ");
  if (key == "worker.end" || key == "worker.ended" || key == "worker.end_again") {
    return record.phase == core::WorkerPhase::kTerminating &&
           text.starts_with(str(begin, record.end_reason, ": "));
  }
  if (key == "worker.ready" && text.ends_with(" after its launch")) {
    return text == str(begin, "at ", record.address, " is ready, ",
                       to_string(ground_.turn.now.boot - record.begun), " after its launch");
  }
  if (key == "worker.ready" || key == "worker.suspect" || key == "worker.back") {
    return text.starts_with(str(begin, "at ", record.address, " "));
  }
  if (key == "launch.done") {
    return text == str("launched ", begin, "(", record.type, " ", to_string(record.market), " ",
                       record.zone, ", token ", record.token.value, ") for pool ",
                       record.pool.value);
  }
  return true;
}

bool TrueLog::gone(std::string_view text) const {
  const auto found = ended_.find(InstanceId{word_after(text, "worker ")});
  if (found == ended_.end()) return false;
  const core::LedgerRecord& line = found->second;
  const auto billed = std::chrono::ceil<seconds>(*line.ended - line.launched);
  return text == str("worker ", line.id.value, " has ended (", line.end_reason, "): ", line.type,
                     " ", to_string(line.market), ", ", billed.count(), " s, handed out ",
                     line.handed_out, " times");
}

bool TrueLog::handed_out(std::string_view text) const {
  const std::string address = word_after(text, " at ");
  const auto given = given_.find(address);
  const auto count = leading_number(text.substr(std::min(text.size(), text.find(" to ") + 4)));
  const auto record = store_.durable().workers.find(InstanceId{word_after(text, "worker ")});
  if (given == given_.end() || record == store_.durable().workers.end()) return false;
  return record->second.address == address && count >= 1 &&
         count <= static_cast<std::int64_t>(given->second);
}

// So many callers have just been told so.
bool TrueLog::refused(std::string_view text) const {
  const std::int64_t count =
      text.starts_with("caller ") ? 1 : std::max<std::int64_t>(leading_number(text), 0);
  return count != 0 && std::any_of(refused_.begin(), refused_.end(), [&](const auto& entry) {
           return static_cast<std::int64_t>(entry.second) >= count &&
                  text.ends_with(str(": ", entry.first));
         });
}

bool TrueLog::launch_begun(std::string_view text) const {
  const auto found = store_.durable().attempts.find(LaunchToken{word_after(text, "(token ")});
  if (found == store_.durable().attempts.end()) return true;  // closed in the same step
  const core::AttemptRecord& record = found->second;
  const core::Candidate candidate{record.region, record.market, record.type, "", record.subnet};
  return text.starts_with(
      str("launching ", LaunchMemory::name_of(ground_.options.settings, candidate), " for pool ",
          record.pool.value, " (token ", record.token.value, ")"));
}

}  // namespace cb::sim
