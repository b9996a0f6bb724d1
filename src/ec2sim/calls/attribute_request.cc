#include "ec2sim/calls/attribute_request.h"

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {
namespace {

// The value of `attribute` in either form; empty when the call is not about it.
std::string value_of(const Query& query, const std::string& attribute) {
  std::string upper = attribute;
  upper[0] = static_cast<char>(upper[0] - 'a' + 'A');
  if (query.text("Attribute") == attribute) return query.required("Value");
  return query.text(upper + ".Value");
}

bool chosen(const std::string& attribute, const std::string& value, std::string_view yes,
            std::string_view no) {
  if (value != yes && value != no) bad_value(attribute, value, str("It is ", yes, " or ", no, "."));
  return value == yes;
}

}  // namespace

AttributeChange read_attribute(const Query& query) {
  const std::string protection = "disableApiTermination";
  const std::string shutdown = "instanceInitiatedShutdownBehavior";
  const std::string attribute = query.text("Attribute");
  if (!attribute.empty() && attribute != protection && attribute != shutdown) {
    throw Refusal{"UnsupportedOperation", str("The simulator does not model ", attribute, ".")};
  }
  const std::string is_protected = value_of(query, protection);
  const std::string on_shutdown = value_of(query, shutdown);
  if (is_protected.empty() && on_shutdown.empty()) {
    throw Refusal{"MissingParameter", "No attributes specified."};
  }
  if (!is_protected.empty() && !on_shutdown.empty()) {
    bad_combination("Fields for multiple attribute types specified");
  }
  AttributeChange change;
  if (!is_protected.empty()) {
    change.is_protected = chosen(protection, is_protected, "true", "false");
  } else {
    change.terminate_on_shutdown = chosen(shutdown, on_shutdown, "terminate", "stop");
  }
  return change;
}

void check_protection(bool spot) {
  if (!spot) return;
  throw Refusal{"UnsupportedOperation", "Spot Instances cannot have termination protection."};
}

}  // namespace cb::ec2sim
