#pragma once
// ModifyInstanceAttribute: the one attribute that a call changes.

#include <optional>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

// One of them is there.
struct AttributeChange {
  std::optional<bool> is_protected;
  std::optional<bool> terminate_on_shutdown;
};

// As DisableApiTermination.Value and the like, or as Attribute with Value. Throws Refusal: none,
// more than one, a bad value, or an attribute that the simulator does not model.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
AttributeChange read_attribute(const Query& query);

// Termination protection, which spot instances cannot have: throws Refusal then.
void check_protection(bool spot);

}  // namespace cb::ec2sim
